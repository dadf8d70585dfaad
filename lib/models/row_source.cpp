#include <softmech/models/row_source.hpp>

#include <softmech/store/read.hpp>
#include <softmech/store/table.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <variant>
#include <vector>

namespace softmech {

namespace {

/// Rows of one replica are this many blocks of the stream apart.
constexpr int replica_shift = 40;

RowMatrix read_csv(const std::string& file) {
  const Table table = read_table(file);
  return Eigen::Map<const RowMatrix>(table.values.data(), static_cast<Eigen::Index>(table.rows()),
                                     static_cast<Eigen::Index>(table.columns()));
}

/// The name of the only array with two axes or more.
std::string only_array(const DatasetFile& data) {
  std::string name;
  for (const std::string& candidate : data.names()) {
    if (data.info(candidate).shape.size() < 2) continue;
    if (!name.empty()) {
      throw std::invalid_argument(
          fmt::format("model.file = \"{}\" has several arrays (\"{}\", \"{}\", …): name one with model.variable",
                      data.path().string(), name, candidate));
    }
    name = candidate;
  }
  if (!name.empty()) return name;
  throw std::invalid_argument(fmt::format(
      "model.file = \"{}\" has no array with rows and keys: save one of shape (rows, keys)", data.path().string()));
}

/// The variable asked for, or the only one with two axes or more; its last axis is the keys, all others are rows.
RowMatrix read_hdf5(const std::string& file, const std::string& name) {
  const DatasetFile data(file, AxisNames::optional);
  const Variable variable = data.read(name.empty() ? only_array(data) : name);
  const std::size_t size = value_count(variable.values);
  if (variable.shape.size() < 2 || size == 0 || std::holds_alternative<std::vector<std::string>>(variable.values)) {
    throw std::invalid_argument(
        fmt::format("model.variable = \"{}\": must hold numbers for rows and keys, has {} values of shape ({}); save "
                    "it as (rows, keys)",
                    variable.name, type_name(variable.values), fmt::join(variable.shape, ", ")));
  }
  const auto columns = static_cast<Eigen::Index>(variable.shape.back());
  const auto rows = static_cast<Eigen::Index>(size) / columns;
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&variable.values)) {
    using Integers = Eigen::Matrix<std::int64_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    return Eigen::Map<const Integers>(integers->data(), rows, columns).cast<double>();
  }
  return Eigen::Map<const RowMatrix>(variable.as<double>().data(), rows, columns);
}

/// Energies of a file, one row per attention row; +inf where a key is not allowed.
RowMatrix read_energies(const RowSettings& settings) {
  const std::string extension = std::filesystem::path(settings.file).extension();
  const bool text = extension == ".csv" || extension == ".tsv" || extension == ".txt";
  RowMatrix energies = text ? read_csv(settings.file) : read_hdf5(settings.file, settings.variable);
  if (settings.contents == "logits") energies = -energies;
  for (Eigen::Index row = 0; row < energies.rows(); ++row) {
    Eigen::Index allowed = 0;
    for (const double energy : energies.row(row)) {
      if (std::isnan(energy) || energy == -std::numeric_limits<double>::infinity()) {
        throw std::invalid_argument(fmt::format(
            "model.file = \"{}\": row {} has an entry that is not a number; a key that is not allowed has energy "
            "+inf (logit -inf)",
            settings.file, row));
      }
      allowed += std::isfinite(energy) ? 1 : 0;
    }
    if (allowed < 2) {
      throw std::invalid_argument(
          fmt::format("model.file = \"{}\": row {} has {} allowed keys: must have at least 2; remove the row",
                      settings.file, row, allowed));
    }
  }
  return energies;
}

/// √ of the mean variance of the allowed energies within rows.
double deviation_within_rows(const RowMatrix& energies) {
  double sum = 0;
  for (Eigen::Index row = 0; row < energies.rows(); ++row) {
    double mean = 0, squares = 0, count = 0;
    for (const double energy : energies.row(row)) {
      if (!std::isfinite(energy)) continue;
      const double delta = energy - mean;
      mean += delta / ++count;
      squares += delta * (energy - mean);
    }
    sum += squares / count;
  }
  return std::sqrt(sum / static_cast<double>(energies.rows()));
}

}  // namespace

void RowSettings::declare(Keys& k) {
  k.add("model.keys", keys, "number of keys n of a row; a file brings its own",
        {.at_least = 2, .at_most = 1e7, .sweep = true});
  k.add("model.head_dim", head_dim, "head dimension d; a random energy has variance d",
        {.at_least = 1, .at_most = 1e6, .sweep = true});
  k.add("model.temperature", temperature, "temperature T", {.above = 0, .words = {"sqrt_head_dim"}, .sweep = true});
  k.add("model.temperature_ratio", temperature_ratio, "T/T_c instead of model.temperature; T_c = sigma/sqrt(2 ln n)",
        {.above = 0, .sweep = true});
  k.add("model.key_law", key_law, "how keys lie around the query",
        {.words = {"gaussian", "sphere", "equiangular", "file"}, .sweep = true});
  k.add("model.cosine", cosine, "cosine between tokens, for key_law = \"equiangular\"",
        {.at_least = -1, .below = 1, .sweep = true});
  k.add("model.file", file, "HDF5, or CSV/TSV with one row of keys per line, for key_law = \"file\"");
  k.add("model.variable", variable, "array of an HDF5 file, keys on its last axis; empty: the only one");
  k.add("model.contents", contents, "what the file holds: energies E, or logits z = -E",
        {.words = {"energies", "logits"}});
  attention.declare(k);
}

void RowSettings::check() const {
  if ((key_law == "file") != !file.empty()) {
    throw std::invalid_argument(file.empty() ? "model.file = \"\": must name a file for model.key_law = \"file\""
                                             : "model.file is set: must be empty unless model.key_law = \"file\"");
  }
  if (temperature_ratio && temperature != NumberOrWord("sqrt_head_dim")) {
    throw std::invalid_argument("model.temperature and model.temperature_ratio are both set: give one of them");
  }
}

RowSource::RowSource(const RowSettings& settings) : settings_(settings) {
  if (settings.key_law == "file") {
    file_ = std::make_shared<const RowMatrix>(read_energies(settings));
  } else {
    law_ = {softmech::key_law(settings.key_law), settings.keys, settings.head_dim, settings.cosine};
  }
}

std::int64_t RowSource::keys() const { return file_ ? file_->cols() : law_.keys; }

std::optional<std::int64_t> RowSource::rows() const {
  if (!file_) return std::nullopt;
  return file_->rows();
}

double RowSource::condensation_temperature() const {
  if (!file_) return law_.condensation_temperature();
  return deviation_within_rows(*file_) / std::sqrt(2 * std::log(static_cast<double>(keys())));
}

double RowSource::temperature() const {
  if (settings_.temperature_ratio) return *settings_.temperature_ratio * condensation_temperature();
  if (settings_.temperature.is_word()) return std::sqrt(static_cast<double>(settings_.head_dim));
  return settings_.temperature.number;
}

double RowSource::temperature_ratio() const {
  if (settings_.temperature_ratio) return *settings_.temperature_ratio;
  const double critical = condensation_temperature();
  return critical > 0 ? temperature() / critical : std::numeric_limits<double>::quiet_NaN();
}

void RowSource::energies(std::size_t index, RandomStream random, Vector& out) const {
  if (!file_) {
    out.resize(law_.keys);
    random.seek(std::uint64_t{index} << replica_shift);
    law_.sample(random, {out.data(), static_cast<std::size_t>(out.size())});
    return;
  }
  out = file_->row(static_cast<Eigen::Index>(index)).transpose();
  const auto end = std::remove_if(out.begin(), out.end(), [](double energy) { return !std::isfinite(energy); });
  out.conservativeResize(end - out.begin());
}

}  // namespace softmech
