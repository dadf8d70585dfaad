// Judgements: what came out for each claim, and the forms in which it is told.
#pragma once

#include <softmech/judgement/claims.hpp>
#include <softmech/judgement/observables.hpp>
#include <softmech/store/dataset.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace softmech {

struct Judgement {
  Claim claim;
  Verdict verdict = Verdict::inconclusive;
  Measurement measurement;
  bool failed = false;  ///< a study or the observable failed; the remark says how
};

/// Results by study name. A study that is missing failed.
using StudyResults = std::map<std::string, StudyData, std::less<>>;

/// Judges one claim; a control that is not met, or missing data, makes it inconclusive and says so in the remark.
Judgement judge_claim(const Claim& claim, const StudyResults& results);

/// The judgements on an axis "claim". `rerun(study)` gives the command that repeats a study.
Dataset judgement_dataset(const std::vector<Judgement>& judgements,
                          const std::function<std::string(const std::string&)>& rerun,
                          std::vector<Attribute> attributes);

/// Tab-separated: id, kind, verdict, value, uncertainty, sample_size, criterion, sentence, remark.
std::string verdicts_tsv(const std::vector<Judgement>& judgements);

/// An aligned table for a terminal of this width, a line that counts the verdicts, and why some are inconclusive.
std::string verdict_table(const std::vector<Judgement>& judgements, std::size_t width = 140);

/// A value with its uncertainty to two digits: "1.013 ± 0.024", "3.1e-16" for one that is exact but for rounding.
std::string value_text(const Measurement& measurement);

}  // namespace softmech
