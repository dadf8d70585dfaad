// Configuration: the settings of a run, resolved from defaults, a TOML file and --set, and the points of its sweep.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <softmech/program/errors.hpp>
#include <softmech/program/keys.hpp>

namespace softmech {

/// A key that was given a list: one coordinate axis of the ensemble.
struct SweptKey {
  Key key;
  std::vector<Value> values;  ///< two or more, in the order given; all different but for keys that go together
};

/// A setting that changed between two runs, each side as TOML text ("" where the key does not exist).
struct Difference {
  std::string key, before, after;
};

/// One value per key, or a list of them for a swept key. Points number the product of the lists, the last key fastest;
/// a list beside another (Rule::beside) counts with it.
class Configuration {
 public:
  /// Defaults, then the file, then the overrides "key.path=value" in order; the last word wins. Throws UsageError.
  static Configuration resolve(const Keys& declared, const std::optional<std::filesystem::path>& file,
                               const std::vector<std::string>& overrides);
  /// The same from TOML text; `origin` names it in errors ("DIR/config.toml").
  static Configuration from_toml(const Keys& declared, std::string_view text, std::string_view origin);

  /// Commented TOML of all settings; reading it back gives an equal Configuration and the same text.
  std::string toml() const;
  /// What differs from the defaults as shell words, " --set model.keys=128 --set 'model.friction=[0.1, 1.0]'".
  std::string settings_arguments() const;

  /// The number of points, 1 without a sweep.
  std::size_t points() const;
  /// The value of one key at a point in [0, points()). Throws std::out_of_range for a key or point that does not exist.
  const Value& value(std::string_view name, std::size_t point) const;
  /// Writes the values of a point through the bound variables; `keys` may hold a part of the declared keys.
  void apply(std::size_t point, const Keys& keys) const;
  /// The swept keys in order of declaration, slowest first.
  std::vector<SweptKey> swept() const;
  /// The swept values of a point, "model.keys = 64, model.temperature = 2.0"; "" without a sweep.
  std::string point_text(std::size_t point) const;
  const std::vector<Key>& keys() const { return keys_; }

  /// What this configuration changes against one written earlier by toml(), perhaps by an older version: a key the
  /// earlier text lacks counts there as its default. Throws UsageError if the text is not TOML.
  std::vector<Difference> differences(std::string_view earlier_toml, std::string_view origin = "config.toml") const;

 private:
  explicit Configuration(const Keys& declared);
  std::size_t index_of(std::string_view name) const;
  bool goes_beside(std::size_t index) const;
  void check_different(std::size_t index) const;
  void check_sweeps() const;
  std::size_t choice(std::size_t index, std::size_t point) const;

  std::vector<Key> keys_;
  std::vector<std::vector<Value>> values_;  // values_[i] belong to keys_[i]; more than one: swept
};

/// The settings of one point: a Settings with its keys assigned and, where it has `void check() const`, checked.
template <class Settings>
Settings settings_at(const Configuration& configuration, std::size_t point) {
  Settings settings;
  Keys keys;
  settings.declare(keys);
  configuration.apply(point, keys);
  if constexpr (requires(const Settings& s) { s.check(); }) settings.check();
  return settings;
}

/// Runs Settings::check() at every point before anything starts; its std::invalid_argument becomes a UsageError that
/// names the point.
template <class Settings>
void check_all_points(const Configuration& configuration) {
  if constexpr (requires(const Settings& s) { s.check(); }) {
    for (std::size_t point = 0; point < configuration.points(); ++point) {
      try {
        settings_at<Settings>(configuration, point);
      } catch (const std::invalid_argument& error) {
        const std::string where = configuration.point_text(point);
        throw UsageError(error.what() + (where.empty() ? "" : " (at " + where + ")"));
      }
    }
  }
}

}  // namespace softmech
