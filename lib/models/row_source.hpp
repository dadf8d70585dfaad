// Where the rows of an ensemble come from: a law for random keys, or a file of a user's own energies or logits.
#pragma once

#include <softmech/attention/operator_settings.hpp>
#include <softmech/ensemble/random.hpp>
#include <softmech/geometry/vector.hpp>
#include <softmech/models/random_keys.hpp>
#include <softmech/program/keys.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace softmech {

struct RowSettings {
  std::int64_t keys = 1024;
  std::int64_t head_dim = 64;
  NumberOrWord temperature = "sqrt_head_dim";
  std::optional<double> temperature_ratio;
  std::string key_law = "gaussian";
  double cosine = 0.5;
  std::string file;
  std::string variable;
  std::string contents = "energies";
  OperatorSettings attention;

  void declare(Keys& keys);
  /// Throws std::invalid_argument for keys that contradict each other.
  void check() const;
};

/// Rows of energies at one point. Row i is the same whoever asks for it and when.
class RowSource {
 public:
  /// Reads the file, if there is one. Throws StoreError or std::invalid_argument.
  explicit RowSource(const RowSettings& settings);

  std::int64_t keys() const;
  /// The number of rows a file has; nothing for a law, which has as many as wanted.
  std::optional<std::int64_t> rows() const;
  /// T_c of the law; for a file σ/√(2 ln n) with σ the standard deviation of its energies within rows.
  double condensation_temperature() const;
  double temperature() const;
  /// T/T_c: the value that was set, if it was; NaN where T_c = 0, all energies of every row being equal.
  double temperature_ratio() const;
  /// Row `index`; `random` is the stream of the member, at its beginning.
  void energies(std::size_t index, RandomStream random, Vector& out) const;

 private:
  RowSettings settings_;
  RandomKeys law_;
  std::shared_ptr<const RowMatrix> file_;
};

}  // namespace softmech
