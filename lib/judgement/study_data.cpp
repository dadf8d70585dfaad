#include <softmech/judgement/study_data.hpp>

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace softmech {

namespace {

[[noreturn]] void fail(const StudyData& study, const std::string& what) {
  throw std::runtime_error(fmt::format("study {}: {}", study.name, what));
}

const Variable& variable_of(const StudyData& study, std::string_view name, const std::vector<std::string>& axes) {
  const Variable* variable = study.data.find(name);
  if (!variable) fail(study, fmt::format("its results have no variable \"{}\"", name));
  if (variable->axes != axes) fail(study, fmt::format("variable \"{}\" is not on ({})", name, fmt::join(axes, ", ")));
  return *variable;
}

toml::table settings_of(const StudyData& study) {
  const Attribute* attribute = find_attribute(study.data.attributes, "config_toml");
  const auto* text = attribute ? std::get_if<std::string>(&attribute->value) : nullptr;
  if (!text) fail(study, "its results have no attribute config_toml");
  return toml::parse(*text);
}

}  // namespace

double setting(const StudyData& study, std::string_view key) {
  const toml::table settings = settings_of(study);
  const auto node = settings.at_path(key);
  const auto value = node.is_number() ? node.value<double>() : std::nullopt;
  if (!value) fail(study, fmt::format("its setting {} is not one number", key));
  return *value;
}

Vector per_member(const StudyData& study, std::string_view name) {
  const Variable& variable = variable_of(study, name, {"member"});
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&variable.values)) {
    return Eigen::Map<const Eigen::Matrix<std::int64_t, Eigen::Dynamic, 1>>(integers->data(),
                                                                            static_cast<Eigen::Index>(integers->size()))
        .cast<double>();
  }
  const auto& values = variable.as<double>();
  return Eigen::Map<const Vector>(values.data(), static_cast<Eigen::Index>(values.size()));
}

std::vector<std::string> words_per_member(const StudyData& study, std::string_view name) {
  return variable_of(study, name, {"member"}).as<std::string>();
}

Vector depths(const StudyData& study) {
  const auto& time = variable_of(study, "time", {"time"}).as<double>();
  return Eigen::Map<const Vector>(time.data(), static_cast<Eigen::Index>(time.size()));
}

RowMatrix curves(const StudyData& study, std::string_view name) {
  const Variable& variable = variable_of(study, name, {"member", "time"});
  return Eigen::Map<const RowMatrix>(variable.as<double>().data(), static_cast<Eigen::Index>(variable.shape[0]),
                                     static_cast<Eigen::Index>(variable.shape[1]));
}

Trajectories::Trajectories(const StudyData& study) {
  const Variable& weights = variable_of(study, "weights", {"member", "time", "key"});
  const Variable& energies = variable_of(study, "energies", {"member", "key"});
  weights_ = &weights.as<double>();
  energies_ = &energies.as<double>();
  time_ = depths(study);
  members_ = static_cast<Eigen::Index>(weights.shape[0]);
  keys_ = static_cast<Eigen::Index>(weights.shape[2]);
  temperature_ = per_member(study, "temperature");
}

Eigen::Map<const Vector> Trajectories::energies(Eigen::Index member) const {
  return {energies_->data() + member * keys_, keys_};
}

Eigen::Map<const Vector> Trajectories::weights(Eigen::Index member, Eigen::Index time) const {
  return {weights_->data() + (member * times() + time) * keys_, keys_};
}

std::vector<SweepPoint> sweep(const StudyData& study, const std::string& variable) {
  const Vector value = per_member(study, variable), error = per_member(study, variable + "_error");
  const Vector keys = per_member(study, "keys"), head_dim = per_member(study, "head_dim");
  const Vector temperature = per_member(study, "temperature"), ratio = per_member(study, "temperature_ratio");
  std::vector<SweepPoint> points;
  for (Eigen::Index i = 0; i < value.size(); ++i) {
    const double rounding = 8 * std::numeric_limits<double>::epsilon() * std::abs(value[i]);
    points.push_back(
        {keys[i], head_dim[i], temperature[i], ratio[i], value[i], std::max({error[i], rounding, 1e-300})});
  }
  return points;
}

std::int64_t rows(const StudyData& study) {
  return static_cast<std::int64_t>(std::llround(setting(study, "ensemble.replicas"))) *
         per_member(study, "keys").size();
}

}  // namespace softmech
