// The file of claims: what is asserted, by whom, how it is measured, and what would refute it.
#pragma once

#include <softmech/judgement/verdict.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace softmech {

/// A run of a simulation program that supplies data.
struct StudyPlan {
  std::string name;
  std::string program;     ///< "relax" for softmech-relax
  std::string parameters;  ///< parameter file, relative to the directory of the claims file
  /// Keys changed always, and at a scale, as --set takes them: {"ensemble.members", "40"}.
  std::vector<std::pair<std::string, std::string>> always, quick, full;
};

/// What is measured and which values are allowed.
struct Measurable {
  std::vector<std::string> studies;
  std::string observable;
  std::string variable;  ///< for observables that take any variable of the study
  Criterion criterion;
};

/// A claim of a theory, or an identity: a theorem, tested as code and reported as such, no evidence for a theory.
enum class ClaimKind { claim, identity };
std::string_view name(ClaimKind kind);

struct Claim {
  std::string id;
  ClaimKind kind = ClaimKind::claim;
  std::string sentence;
  std::string source;
  Measurable test;
  std::string refuted_by;
  std::string meaning;  ///< of the number, in one line
  std::vector<Measurable>
      controls;            ///< must be met, else the test does not discriminate and the verdict is inconclusive
  bool only_full = false;  ///< needs more data than the quick scale has
};

struct ClaimFile {
  std::vector<StudyPlan> studies;
  std::vector<Claim> claims;
  std::string text;  ///< the file as it is

  /// Throws std::invalid_argument that lists the names that exist.
  const StudyPlan& study(std::string_view name) const;
  /// The claims named in a list "condensation, temperature" (all for ""), in the order of the file; without those that
  /// need the full scale, unless it is that. Throws UsageError with the nearest id, or for a named one that needs it.
  std::vector<Claim> selected(std::string_view ids, bool full = true) const;
};

/// The studies that claims and their controls need, each once, in the order of their first use.
std::vector<std::string> needed_studies(const std::vector<Claim>& claims);

/// Reads TOML text; `origin` names it in errors. Throws UsageError with origin:line for anything that is missing,
/// unknown (with the nearest name), of the wrong type, or contradicts itself.
ClaimFile parse_claims(std::string_view text, std::string_view origin);
ClaimFile read_claims(const std::filesystem::path& file);

}  // namespace softmech
