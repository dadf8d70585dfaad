// Traces: the curves that training runs recorded, from results of softmech-grok or from anyone's table.
#pragma once

#include <softmech/program/keys.hpp>
#include <softmech/store/dataset.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace softmech {

/// What one run recorded: named curves at common steps. Numbers that the data do not give are NaN.
struct Trace {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

  std::int64_t run = 0;  ///< its number in the data
  double modulus = unknown, train_fraction = unknown, seed = unknown;
  double learning_rate = unknown, weight_decay = unknown;
  double stop_after_onset = unknown;               ///< updates from test accuracy 0.95 to the end, if that ended runs
  double answer_keys = unknown;                    ///< keys of the rows whose thermodynamics were recorded
  std::string attention_operator = "softmax";      ///< model.operator
  std::map<std::string, std::string> coordinates;  ///< what else the run differs in from others of its sweep
  std::vector<double> step;                        ///< rising
  std::map<std::string, std::vector<double>, std::less<>> curves;
  std::vector<std::vector<double>> gap_mean, gap_variance;  ///< of (E_a − E_b)/T over rows, head by head; or empty

  std::size_t samples() const { return step.size(); }
  bool has(std::string_view name) const { return curves.find(name) != curves.end(); }
  /// The curve of that name; empty if it was not recorded.
  std::span<const double> curve(std::string_view name) const;
};

/// columns.*: what the quantities are called in the data. In HDF5 they are variables on (run, step), per-run ones on
/// (run), or all on one axis like the columns of a table.
struct TraceColumns {
  std::map<std::string, std::string, std::less<>> names{
      {"run", "run"},
      {"step", "step"},
      {"modulus", "modulus"},
      {"train_fraction", "train_fraction"},
      {"seed", "seed"},
      {"answer_keys", "answer_keys"},
      {"learning_rate", "learning_rate"},
      {"weight_decay", "weight_decay"},
      {"train_loss", "train_loss"},
      {"train_accuracy", "train_accuracy"},
      {"test_accuracy", "test_accuracy"},
      {"specific_heat", "specific_heat"},
      {"specific_heat_scale_matched", "specific_heat_scale_matched"},
      {"logit_rms", "logit_rms"},
      {"weight_norm", "weight_norm"},
      {"gap_mean", "gap_mean"},
      {"gap_variance", "gap_variance"},
  };

  /// The keys refer to this object, which must stay where it is.
  void declare(Keys& keys);
  /// What `quantity` is called in the data: itself where columns.* says nothing.
  const std::string& name(const std::string& quantity) const;
};

/// Reads the runs of a file: .csv, .tsv and .txt are tables with a line of column names and one row per run and step,
/// in which empty fields are NaN; anything else is HDF5. `curve` is a quantity that must be there beside step,
/// train_accuracy and test_accuracy; all others are read where they exist. Ends that are NaN are cut off. Runs that are
/// named in words are numbered in their order. Learning rate, weight decay and attention operator also come from the
/// settings of softmech-grok in the file. Throws StoreError: for a missing name, with the nearest and all there are;
/// for accuracies outside [0, 1]; for a run, modulus or seed that is NaN in a table; for steps that do not rise.
std::vector<Trace> read_traces(const std::filesystem::path& file, const TraceColumns& columns,
                               const std::string& curve);

/// The same for results in memory, of softmech-grok or in that form; `name` stands for the file in messages.
std::vector<Trace> traces_of(const Dataset& results, const std::string& name, const TraceColumns& columns = {},
                             const std::string& curve = "specific_heat");

}  // namespace softmech
