#include <softmech/judgement/judgement.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace softmech {

namespace {

Measurement measure(const Measurable& test, const StudyResults& results) {
  std::vector<StudyData> studies;
  for (const std::string& name : test.studies) {
    const auto found = results.find(name);
    if (found == results.end()) throw std::runtime_error(fmt::format("study {} has no results", name));
    studies.push_back(found->second);
  }
  return observable(test.observable).measure(studies, test.variable);
}

std::string test_text(const Measurable& test) {
  return test.observable + (test.variable.empty() ? "" : " of " + test.variable);
}

/// A field of a table: no tabs, no line breaks.
std::string field(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return text;
}

/// Characters, not bytes, of a UTF-8 text.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string padded(std::string text, std::size_t width) {
  text.append(width - std::min(width, width_of(text)), ' ');
  return text;
}

std::string cut(const std::string& text, std::size_t width) {
  if (width_of(text) <= width) return text;
  std::string head;
  std::size_t characters = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80 && characters++ + 3 >= width) break;
    head += c;
  }
  return head + "...";
}

Variable texts(std::string name, std::string long_name, const std::vector<Judgement>& judgements,
               const std::function<std::string(const Judgement&)>& text) {
  std::vector<std::string> values;
  for (const Judgement& judgement : judgements) values.push_back(text(judgement));
  return {std::move(name), {"claim"}, {values.size()}, std::move(values), std::move(long_name), "1", {}};
}

Variable numbers(std::string name, std::string long_name, const std::vector<Judgement>& judgements,
                 const std::function<double(const Judgement&)>& number) {
  std::vector<double> values;
  for (const Judgement& judgement : judgements) values.push_back(number(judgement));
  return {std::move(name), {"claim"}, {values.size()}, std::move(values), std::move(long_name), "1", {}};
}

}  // namespace

Judgement judge_claim(const Claim& claim, const StudyResults& results) {
  Judgement judgement{claim, Verdict::inconclusive, {}, false};
  try {
    judgement.measurement = measure(claim.test, results);
    judgement.verdict = judge(judgement.measurement, claim.test.criterion);
    for (const Measurable& control : claim.controls) {
      const Measurement measured = measure(control, results);
      if (judge(measured, control.criterion) == Verdict::supported) continue;
      judgement.verdict = Verdict::inconclusive;
      judgement.measurement.remark = fmt::format("control failed: {} in {} is {}, must be {}; {}", test_text(control),
                                                 fmt::join(control.studies, ", "), value_text(measured),
                                                 control.criterion.text(), judgement.measurement.remark);
    }
  } catch (const std::exception& error) {
    judgement.verdict = Verdict::inconclusive;
    judgement.failed = true;
    judgement.measurement.remark = error.what();
  }
  return judgement;
}

std::string value_text(const Measurement& m) {
  if (!std::isfinite(m.value)) return "no number";
  const bool exact = !(m.uncertainty > 100 * std::numeric_limits<double>::epsilon() * std::max(1.0, std::abs(m.value)));
  if (exact) return fmt::format("{:.4g}", m.value);
  const double size = std::max(std::abs(m.value), m.uncertainty);
  const int decimals = 1 - static_cast<int>(std::floor(std::log10(m.uncertainty)));
  if (size < 1e-4 || size >= 1e6) return fmt::format("{:.3g} ± {:.1e}", m.value, m.uncertainty);
  return fmt::format("{:.{}f} ± {:.{}f}", m.value, std::clamp(decimals, 0, 12), m.uncertainty,
                     std::clamp(decimals, 0, 12));
}

Dataset judgement_dataset(const std::vector<Judgement>& judgements,
                          const std::function<std::string(const std::string&)>& rerun,
                          std::vector<Attribute> attributes) {
  using J = const Judgement&;
  const auto joined = [](const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); };
  std::vector<std::int64_t> sizes;
  for (J j : judgements) sizes.push_back(j.measurement.sample_size);

  Dataset data{std::move(attributes), {}};
  data.variables.push_back(texts("claim", "name of the claim", judgements, [](J j) { return j.claim.id; }));
  data.variables.push_back(texts("kind", "claim, or identity: a theorem tested as code", judgements,
                                 [](J j) { return std::string(name(j.claim.kind)); }));
  data.variables.push_back(texts("sentence", "what is asserted", judgements, [](J j) { return j.claim.sentence; }));
  data.variables.push_back(texts("source", "who asserts it", judgements, [](J j) { return j.claim.source; }));
  data.variables.push_back(
      texts("study", "runs that supplied the data", judgements, [&](J j) { return joined(j.claim.test.studies); }));
  data.variables.push_back(
      texts("observable", "what was measured", judgements, [](J j) { return test_text(j.claim.test); }));
  data.variables.push_back(texts("criterion", "values the claim allows, fixed before the run", judgements,
                                 [](J j) { return j.claim.test.criterion.text(); }));
  data.variables.push_back(
      texts("refuted_by", "what would refute it", judgements, [](J j) { return j.claim.refuted_by; }));
  data.variables.push_back(texts("meaning", "meaning of the value", judgements, [](J j) { return j.claim.meaning; }));
  data.variables.push_back(texts("verdict", "supported, refuted or inconclusive", judgements,
                                 [](J j) { return std::string(name(j.verdict)); }));
  data.variables.push_back(numbers("value", "measured value", judgements, [](J j) { return j.measurement.value; }));
  data.variables.push_back(numbers("uncertainty", "one standard deviation of the value", judgements,
                                   [](J j) { return j.measurement.uncertainty; }));
  data.variables.push_back(
      {"sample_size", {"claim"}, {sizes.size()}, sizes, "independent units that were measured", "1", {}});
  data.variables.push_back(
      texts("remark", "what the number alone does not say", judgements, [](J j) { return j.measurement.remark; }));
  data.variables.push_back(texts("rerun", "commands that repeat the studies", judgements, [&](J j) {
    std::vector<std::string> commands;
    for (const auto& study : j.claim.test.studies) commands.push_back(rerun(study));
    return fmt::format("{}", fmt::join(commands, " && "));
  }));
  return data;
}

std::string verdicts_tsv(const std::vector<Judgement>& judgements) {
  std::string text = "id\tkind\tverdict\tvalue\tuncertainty\tsample_size\tcriterion\tsentence\tremark\n";
  for (const Judgement& j : judgements) {
    text += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", field(j.claim.id), name(j.claim.kind), name(j.verdict),
                        j.measurement.value, j.measurement.uncertainty, j.measurement.sample_size,
                        j.claim.test.criterion.text(), field(j.claim.sentence), field(j.measurement.remark));
  }
  return text;
}

std::string verdict_table(const std::vector<Judgement>& judgements, std::size_t width) {
  constexpr std::size_t columns = 6;
  std::vector<std::array<std::string, columns>> rows{{"claim", "kind", "verdict", "value", "n", "sentence"}};
  std::array<int, 3> counts{};
  for (const Judgement& j : judgements) {
    rows.push_back({j.claim.id, std::string(name(j.claim.kind)), std::string(name(j.verdict)),
                    value_text(j.measurement), std::to_string(j.measurement.sample_size), j.claim.sentence});
    ++counts[static_cast<std::size_t>(j.verdict)];
  }
  std::array<std::size_t, columns> widths{};
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < columns; ++c) widths[c] = std::max(widths[c], width_of(row[c]));
  }
  std::size_t before = 0;
  for (std::size_t c = 0; c + 1 < columns; ++c) before += widths[c] + 2;
  widths[columns - 1] = std::max<std::size_t>(30, width > before ? width - before : 0);

  std::string text;
  for (const auto& row : rows) {
    for (std::size_t c = 0; c + 1 < columns; ++c) text += padded(row[c], widths[c]) + "  ";
    text += cut(row[columns - 1], widths[columns - 1]) + "\n";
  }
  text += fmt::format("{} supported, {} refuted, {} inconclusive\n", counts[0], counts[1], counts[2]);
  for (const Judgement& j : judgements) {
    if (j.verdict != Verdict::inconclusive) continue;
    text += fmt::format("inconclusive: {}: must be {}, is {}{}{}\n", j.claim.id, j.claim.test.criterion.text(),
                        value_text(j.measurement), j.measurement.remark.empty() ? "" : "; ", j.measurement.remark);
  }
  return text;
}

}  // namespace softmech
