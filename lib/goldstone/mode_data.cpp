#include <softmech/goldstone/mode_data.hpp>

#include <softmech/store/read.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>

namespace softmech {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr Eigen::Index least_snapshots = 64;

[[noreturn]] void fail(const DatasetFile& file, const std::string& what) {
  throw StoreError(fmt::format("cannot use '{}': {}", file.path().string(), what));
}

bool same(const PointCoordinate& a, const PointCoordinate& b) {
  const auto* x = std::get_if<double>(&a.second);
  const auto* y = std::get_if<double>(&b.second);
  return a.first == b.first && (a.second == b.second || (x && y && std::isnan(*x) && std::isnan(*y)));
}

/// The names that variables list as their coordinates, and the variables on `member` alone that are text.
std::vector<std::string> coordinate_names(const DatasetFile& file) {
  std::vector<std::string> names;
  for (const std::string& variable : file.names()) {
    const Variable info = file.info(variable);
    const Attribute* attribute = find_attribute(info.attributes, "coordinates");
    const auto* text = attribute ? std::get_if<std::string>(&attribute->value) : nullptr;
    std::istringstream words(text ? *text : "");
    for (std::string name; words >> name;) {
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  std::erase_if(names, [&file](const std::string& name) {
    if (name == "replica" || name == "member" || name == "seed" || !file.contains(name)) return true;
    if (name == "stability" || name == "mode_messages") return true;  // results
    return file.info(name).axes != std::vector<std::string>{"member"};
  });
  return names;
}

/// Rows of one file, member by member.
class ModeFile {
 public:
  ModeFile(const std::filesystem::path& path, const ModeSource& source) : file_(path), source_(source) {
    if (!file_.contains("member")) fail(file_, "it has no axis \"member\"; give the ensemble.h5 of a simulation");
    const bool has_modes = file_.contains("wavenumber") && file_.contains("snapshot_time");
    if (source.field == "soft")
      field_ = file_.contains("phase_real") ? "phase" : "transverse";
    else
      field_ = source.field;
    if (!has_modes || !file_.contains(field_ + "_real")) {
      fail(file_, fmt::format("it records no modes (wavenumber, snapshot_time, {}_real); run the simulation with "
                              "snapshots of modes",
                              source.field == "soft" ? "phase" : field_));
    }
    members_ = file_.info("member").shape.front();
    names_ = coordinate_names(file_);
    for (const std::string& name : names_) columns_.push_back(file_.read(name));
  }

  std::size_t members() const { return members_; }

  /// The points of one member: one, or one per direction.
  std::vector<ModePoint> points_of(std::size_t member) const {
    ModePoint point;
    for (const Variable& column : columns_) point.coordinates.push_back(coordinate(column, member));
    const Vector times = row("snapshot_time", member);
    const Eigen::Index first = first_snapshot(times, member);
    point.interval = interval(times, first, member);
    point.wavenumbers = row("wavenumber", member);
    const Eigen::Index modes = point.wavenumbers.size();
    require_rising(point.wavenumbers, member);
    point.frequency_linear = optional_row("frequency_linear", member, modes);
    point.damping_linear = optional_row("damping_linear", member, modes);
    point.zero_modes = optional_number("zero_modes", member);
    point.zero_modes_expected = optional_number("zero_modes_expected", member);
    point.helicity_modulus = optional_number("helicity_modulus", member);
    point.helicity_modulus_error = optional_number("helicity_modulus_error", member);
    point.message = message(member);
    point.records = amplitudes(field_, member, first, times.size(), modes);
    if (field_ == "transverse" && file_.contains("longitudinal_real"))
      point.longitudinal = amplitudes("longitudinal", member, first, times.size(), modes);
    if (!source_.directions_apart || point.records.size() < 2) return {std::move(point)};
    std::vector<ModePoint> apart;
    for (std::size_t direction = 0; direction < point.records.size(); ++direction) {
      ModePoint one = point;
      one.records = {point.records[direction]};
      one.coordinates.emplace_back("direction", static_cast<double>(direction));
      apart.push_back(std::move(one));
    }
    return apart;
  }

 private:
  static PointCoordinate coordinate(const Variable& column, std::size_t member) {
    if (const auto* text = std::get_if<std::vector<std::string>>(&column.values)) return {column.name, (*text)[member]};
    if (const auto* numbers = std::get_if<std::vector<std::int64_t>>(&column.values))
      return {column.name, static_cast<double>((*numbers)[member])};
    return {column.name, column.as<double>()[member]};
  }

  /// The values of a variable for one member; of an axis of its own name, those that all members share.
  std::vector<double> values(const std::string& name, std::size_t member) const {
    const Variable info = file_.info(name);
    const bool per_member = !info.axes.empty() && info.axes.front() == "member";
    const Variable part = per_member ? file_.read_rows(name, member, 1) : file_.read(name);
    if (const auto* numbers = std::get_if<std::vector<std::int64_t>>(&part.values))
      return {numbers->begin(), numbers->end()};
    if (std::holds_alternative<std::vector<std::string>>(part.values))
      fail(file_, fmt::format("\"{}\" is text; it must be numbers", name));
    return part.as<double>();
  }
  /// The same without the NaN that fill up shorter members.
  Vector row(const std::string& name, std::size_t member) const {
    std::vector<double> list = values(name, member);
    while (!list.empty() && std::isnan(list.back())) list.pop_back();
    return Eigen::Map<const Vector>(list.data(), static_cast<Eigen::Index>(list.size()));
  }
  Vector optional_row(const std::string& name, std::size_t member, Eigen::Index count) const {
    Vector result = Vector::Constant(count, unknown);
    if (!file_.contains(name)) return result;
    const std::vector<double> list = values(name, member);
    const auto known = std::min(count, static_cast<Eigen::Index>(list.size()));
    std::copy_n(list.begin(), known, result.begin());
    return result;
  }
  double optional_number(const std::string& name, std::size_t member) const {
    return file_.contains(name) ? values(name, member).front() : unknown;
  }
  std::string message(std::size_t member) const {
    for (const char* name : {"stability", "mode_messages"}) {
      if (!file_.contains(name)) continue;
      const Variable part = file_.read_rows(name, member, 1);
      const auto* texts = std::get_if<std::vector<std::string>>(&part.values);
      if (texts && !texts->front().empty() && texts->front() != "stable") return texts->front();
    }
    return "";
  }

  Eigen::Index first_snapshot(const Vector& times, std::size_t member) const {
    const auto first = std::ranges::find_if(times, [&](double time) { return time >= source_.start; }) - times.begin();
    if (times.size() - first < least_snapshots)
      fail(file_, fmt::format("member {} has {} snapshots from depth {} on: a spectrum needs at least {}, better "
                              "thousands; record longer or more often",
                              member, times.size() - first, source_.start, least_snapshots));
    return first;
  }
  double interval(const Vector& times, Eigen::Index first, std::size_t member) const {
    const Eigen::Index last = times.size() - 1;
    const double step = (times[last] - times[first]) / static_cast<double>(last - first);
    for (Eigen::Index n = first; n <= last; ++n) {
      const double even = times[first] + step * static_cast<double>(n - first);
      if (!(std::abs(times[n] - even) <= 1e-3 * step))
        fail(file_, fmt::format("snapshots of member {} are not equally spaced: depth {} where {} was expected; record "
                                "on a linear time grid",
                                member, times[n], even));
    }
    if (!(step > 0)) fail(file_, fmt::format("depths of member {} do not rise; snapshot_time must", member));
    return step;
  }
  void require_rising(const Vector& wavenumbers, std::size_t member) const {
    bool rising = wavenumbers.size() > 0 && wavenumbers[0] >= 0;
    for (Eigen::Index i = 1; i < wavenumbers.size(); ++i) rising = rising && wavenumbers[i] > wavenumbers[i - 1];
    if (!rising) fail(file_, fmt::format("wavenumbers of member {} must be >= 0 and rise", member));
  }

  /// Records snapshots × modes, one per direction; the file has (snapshot, [direction,] mode).
  std::vector<ComplexMatrix> amplitudes(const std::string& field, std::size_t member, Eigen::Index first,
                                        Eigen::Index end, Eigen::Index modes) const {
    const std::vector<std::size_t> shape = file_.info(field + "_real").shape;
    if (shape.size() != 3 && shape.size() != 4)
      fail(file_, fmt::format("\"{}_real\" must lie on (member, snapshot, [direction,] mode)", field));
    const std::size_t directions = shape.size() == 4 ? shape[2] : 1, width = shape.back();
    const std::vector<double> real = values(field + "_real", member);
    const bool has_imaginary = file_.contains(field + "_imaginary");
    const std::vector<double> imaginary =
        has_imaginary ? values(field + "_imaginary", member) : std::vector<double>(real.size(), 0.0);
    if (imaginary.size() != real.size())
      fail(file_, fmt::format("\"{}_real\" and \"{}_imaginary\" differ in shape", field, field));
    std::vector<ComplexMatrix> records;
    for (std::size_t direction = 0; direction < directions; ++direction) {
      ComplexMatrix record(end - first, modes);
      for (Eigen::Index n = first; n < end; ++n) {
        for (Eigen::Index k = 0; k < modes; ++k) {
          const std::size_t place = (static_cast<std::size_t>(n) * directions + direction) * width + k;
          record(n - first, k) = {real[place], imaginary[place]};
        }
      }
      const bool filled = direction > 0 && std::isnan(record(0, 0).real());  // members of fewer directions
      if (filled) break;
      if (!record.allFinite())
        fail(file_,
             fmt::format("\"{}\" of member {} has values that are no numbers; leave that member out", field, member));
      records.push_back(std::move(record));
    }
    return records;
  }

  DatasetFile file_;
  ModeSource source_;
  std::string field_;
  std::size_t members_ = 0;
  std::vector<std::string> names_;
  std::vector<Variable> columns_;
};

/// The mean of the replicas and its error: from their own errors or from their scatter, whichever is larger.
void merge_helicity(ModePoint& point, const std::vector<double>& values, const std::vector<double>& errors) {
  const auto count = static_cast<double>(values.size());
  double mean = 0, given = 0, scatter = 0;
  for (const double value : values) mean += value / count;
  for (const double error : errors) given += error * error / (count * count);
  for (const double value : values) scatter += (value - mean) * (value - mean) / (count * std::max(1.0, count - 1));
  point.helicity_modulus = mean;
  if (values.size() < 2) scatter = unknown;
  point.helicity_modulus_error = std::sqrt(std::fmax(given, scatter));  // the one that is known, if one is
}

void append(ModePoint& point, ModePoint&& replica, const std::filesystem::path& path) {
  if (replica.wavenumbers != point.wavenumbers || replica.records[0].rows() != point.records[0].rows() ||
      std::abs(replica.interval - point.interval) > 1e-6 * point.interval) {
    throw StoreError(fmt::format(
        "cannot use '{}': members with equal coordinates differ in their wavenumbers or snapshots; analyse them one "
        "by one",
        path.string()));
  }
  if (point.message.empty()) point.message = std::move(replica.message);
  std::ranges::move(replica.records, std::back_inserter(point.records));
  std::ranges::move(replica.longitudinal, std::back_inserter(point.longitudinal));
}

}  // namespace

double ModePoint::number(std::string_view coordinate, double otherwise) const {
  const auto found = std::ranges::find(coordinates, coordinate, &PointCoordinate::first);
  if (found == coordinates.end()) return otherwise;
  const auto* value = std::get_if<double>(&found->second);
  return value && !std::isnan(*value) ? *value : otherwise;
}

bool ModePoint::real(Eigen::Index mode) const {
  return std::ranges::all_of(records, [mode](const ComplexMatrix& record) {
    return record.col(mode).imag().cwiseAbs().maxCoeff() <= 1e-12 * record.col(mode).real().cwiseAbs().maxCoeff();
  });
}

std::string ModePoint::label(std::span<const std::string> varying) const {
  std::string text;
  for (const auto& [name, value] : coordinates) {
    if (std::ranges::find(varying, name) == varying.end()) continue;
    const auto* number = std::get_if<double>(&value);
    text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", name,
                        number ? fmt::format("{:g}", *number) : std::get<std::string>(value));
  }
  return text.empty() ? "all members" : text;
}

std::vector<ModePoint> read_modes(std::span<const std::filesystem::path> files, const ModeSource& source) {
  std::vector<ModePoint> points;
  std::vector<std::vector<double>> helicities, errors;
  for (const std::filesystem::path& path : files) {
    const ModeFile file(path, source);
    for (std::size_t member = 0; member < file.members(); ++member) {
      for (ModePoint& next : file.points_of(member)) {
        const auto known = std::ranges::find_if(points, [&next](const ModePoint& point) {
          return std::ranges::equal(point.coordinates, next.coordinates, same);
        });
        const auto place = static_cast<std::size_t>(known - points.begin());
        if (known == points.end()) helicities.emplace_back(), errors.emplace_back();
        helicities[place].push_back(next.helicity_modulus);
        errors[place].push_back(next.helicity_modulus_error);
        if (known == points.end())
          points.push_back(std::move(next));
        else
          append(*known, std::move(next), path);
      }
    }
    if (points.empty())
      throw StoreError(fmt::format("cannot use '{}': axis \"member\" is empty: no member has finished", path.string()));
  }
  for (std::size_t i = 0; i < points.size(); ++i) merge_helicity(points[i], helicities[i], errors[i]);
  return points;
}

std::vector<std::string> varying_coordinates(std::span<const ModePoint> points) {
  std::vector<std::string> names;
  if (points.empty()) return names;
  for (const PointCoordinate& coordinate : points.front().coordinates) {
    const bool varies = std::ranges::any_of(points, [&coordinate](const ModePoint& point) {
      return std::ranges::none_of(point.coordinates, [&](const PointCoordinate& own) { return same(own, coordinate); });
    });
    if (varies) names.push_back(coordinate.first);
  }
  return names;
}

}  // namespace softmech
