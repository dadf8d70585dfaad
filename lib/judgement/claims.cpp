#include <softmech/judgement/claims.hpp>

#include <softmech/judgement/observables.hpp>
#include <softmech/program/errors.hpp>
#include <softmech/program/keys.hpp>
#include <softmech/program/nearest.hpp>

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

namespace softmech {

namespace {

using Names = std::vector<std::string>;

[[noreturn]] void fail(std::string_view origin, const toml::node& node, const std::string& what) {
  throw UsageError(fmt::format("{}:{}: {}", origin, node.source().begin.line, what));
}

std::string did_you_mean(std::string_view word, const Names& names) {
  const auto near = nearest(word, names);
  return near ? fmt::format("; did you mean \"{}\"?", *near) : fmt::format("; there is {}", alternatives(names));
}

/// A table of the file whose keys are all known; reads its values and says what is wrong with them.
class Entry {
 public:
  Entry(const toml::table& table, std::string origin, std::string title, const Names& known)
      : table_(table), origin_(std::move(origin)), title_(std::move(title)) {
    for (const auto& [key, node] : table_) {
      const std::string name(key.str());
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        fail(origin_, node, fmt::format("unknown key \"{}\" in {}{}", name, title_, did_you_mean(name, known)));
      }
    }
  }

  const toml::node* find(std::string_view key) const { return table_.get(key); }

  std::string text(std::string_view key) const {
    const auto& node = required(key);
    const auto value = node.value_exact<std::string>();
    if (!value || value->empty())
      fail(origin_, node, fmt::format("{} of {} must be a text in quotes, not empty", key, title_));
    return *value;
  }

  std::string text_or(std::string_view key, std::string otherwise) const { return find(key) ? text(key) : otherwise; }

  /// One text, or a list of them.
  Names texts(std::string_view key) const {
    const auto* list = required(key).as_array();
    if (!list) return {text(key)};
    Names names;
    for (const auto& node : *list) {
      const auto value = node.value_exact<std::string>();
      if (!value) fail(origin_, node, fmt::format("{} of {} must hold texts in quotes", key, title_));
      names.push_back(*value);
    }
    if (names.empty()) fail(origin_, *list, fmt::format("{} of {} must not be empty", key, title_));
    return names;
  }

  const toml::table& table(std::string_view key) const {
    const auto& node = required(key);
    if (!node.is_table()) fail(origin_, node, fmt::format("{} of {} must be a table", key, title_));
    return *node.as_table();
  }

  const toml::node& required(std::string_view key) const {
    if (const auto* node = find(key)) return *node;
    fail(origin_, table_, fmt::format("{} has no {}; it is needed", title_, key));
  }

  const toml::table& node() const { return table_; }
  const std::string& title() const { return title_; }
  const std::string& origin() const { return origin_; }

 private:
  const toml::table& table_;
  std::string origin_, title_;
};

double number(const Entry& entry, std::string_view key) {
  const auto& node = entry.required(key);
  const auto value = node.is_number() ? node.value<double>() : std::nullopt;
  if (!value || !std::isfinite(*value))
    fail(entry.origin(), node, fmt::format("{} of {} must be a finite number", key, entry.title()));
  return *value;
}

/// One of: at_most, at_least, less_than, greater_than = x; between = [a, b]; equals = x with tolerance = t.
Criterion criterion_of(const toml::table& table, const std::string& origin, const std::string& owner) {
  const Names kinds{"at_most", "at_least", "less_than", "greater_than", "between", "equals"};
  Names known = kinds;
  known.push_back("tolerance");
  const Entry entry(table, origin, "criterion of " + owner, known);
  if (std::count_if(kinds.begin(), kinds.end(), [&](const auto& kind) { return entry.find(kind) != nullptr; }) != 1) {
    fail(origin, table, fmt::format("{} must have exactly one of {}", entry.title(), alternatives(kinds)));
  }
  if ((entry.find("tolerance") != nullptr) != (entry.find("equals") != nullptr)) {
    fail(origin, table,
         fmt::format("{}: equals and tolerance belong together: equals = 1.0, tolerance = 0.01", entry.title()));
  }
  if (entry.find("at_most")) return Criterion::at_most(number(entry, "at_most"));
  if (entry.find("at_least")) return Criterion::at_least(number(entry, "at_least"));
  if (entry.find("less_than")) return Criterion::less_than(number(entry, "less_than"));
  if (entry.find("greater_than")) return Criterion::greater_than(number(entry, "greater_than"));
  if (entry.find("equals")) {
    const double tolerance = number(entry, "tolerance");
    if (tolerance < 0) fail(origin, table, fmt::format("{}: tolerance = {:g} must be ≥ 0", entry.title(), tolerance));
    return Criterion::equals(number(entry, "equals"), tolerance);
  }
  const auto* bounds = entry.required("between").as_array();
  if (!bounds || bounds->size() != 2 || !(*bounds)[0].is_number() || !(*bounds)[1].is_number() ||
      *(*bounds)[0].value<double>() > *(*bounds)[1].value<double>()) {
    fail(origin, table, fmt::format("{}: between must be two numbers in order, [0.9, 1.1]", entry.title()));
  }
  return Criterion::between(*(*bounds)[0].value<double>(), *(*bounds)[1].value<double>());
}

Measurable measurable_of(const Entry& entry, const Names& studies) {
  Measurable m{entry.texts("study"), entry.text("observable"), entry.text_or("variable", ""), {}};
  for (const auto& study : m.studies) {
    if (std::find(studies.begin(), studies.end(), study) == studies.end()) {
      fail(entry.origin(), entry.required("study"),
           fmt::format("study \"{}\" of {} does not exist{}", study, entry.title(), did_you_mean(study, studies)));
    }
  }
  try {
    const Observable& known = observable(m.observable);
    if (known.takes_variable == m.variable.empty()) {
      fail(entry.origin(), entry.required("observable"),
           fmt::format("observable \"{}\" of {} {}", m.observable, entry.title(),
                       known.takes_variable ? "needs a variable of the study: variable = \"entropy\""
                                            : "takes no variable; remove the line"));
    }
  } catch (const std::invalid_argument& error) {
    fail(entry.origin(), entry.required("observable"), fmt::format("{}: {}", entry.title(), error.what()));
  }
  m.criterion = criterion_of(entry.table("criterion"), entry.origin(), entry.title());
  return m;
}

Claim claim_of(const toml::table& table, const std::string& origin, const Names& studies) {
  const auto id = table["id"].value_exact<std::string>();
  const Entry entry(table, origin, id ? fmt::format("claim \"{}\"", *id) : "claim",
                    {"id", "kind", "sentence", "source", "study", "observable", "variable", "criterion", "refuted_by",
                     "meaning", "control", "scale"});
  Claim claim;
  claim.id = entry.text("id");
  const std::string kind = entry.text("kind");
  if (kind != "claim" && kind != "identity") {
    fail(origin, entry.required("kind"),
         fmt::format("kind = \"{}\" of {} must be \"claim\" or \"identity\" (a theorem)", kind, entry.title()));
  }
  claim.kind = kind == "claim" ? ClaimKind::claim : ClaimKind::identity;
  claim.sentence = entry.text("sentence");
  claim.source = entry.text("source");
  claim.test = measurable_of(entry, studies);
  claim.refuted_by = entry.text("refuted_by");
  claim.meaning = entry.text("meaning");
  const std::string scale = entry.text_or("scale", "");
  if (!scale.empty() && scale != "full") {
    fail(origin, entry.required("scale"),
         fmt::format("scale = \"{}\" of {} must be \"full\": judged only there", scale, entry.title()));
  }
  claim.only_full = scale == "full";
  if (const auto* node = entry.find("control")) {
    const auto* list = node->as_array();
    if (!list || !list->is_array_of_tables())
      fail(origin, *node, fmt::format("control of {} must be written [[claim.control]]", entry.title()));
    for (const auto& control : *list) {
      claim.controls.push_back(measurable_of(
          Entry(*control.as_table(), origin, fmt::format("control {} of \"{}\"", claim.controls.size() + 1, claim.id),
                {"study", "observable", "variable", "criterion"}),
          studies));
    }
  }
  return claim;
}

std::string toml_of(const toml::node& node) {
  if (const auto word = node.value_exact<std::string>()) return quoted_text(*word);
  std::ostringstream stream;
  node.visit([&](const auto& value) { stream << value; });
  std::string text = stream.str();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

/// Nested tables as dotted names: quick.ensemble.members = 40 is ensemble.members = 40.
void collect_overrides(const toml::table& table, const std::string& prefix,
                       std::vector<std::pair<std::string, std::string>>& overrides) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (const auto* inner = node.as_table()) {
      collect_overrides(*inner, name + ".", overrides);
    } else {
      overrides.emplace_back(name, toml_of(node));
    }
  }
}

StudyPlan study_of(std::string name, const toml::table& table, const std::string& origin) {
  const Entry entry(table, origin, fmt::format("study \"{}\"", name),
                    {"program", "parameters", "set", "quick", "full"});
  if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != std::string::npos) {
    fail(origin, table,
         fmt::format("{}: the name is that of a directory: use letters, digits, - and _", entry.title()));
  }
  StudyPlan study{std::move(name), entry.text("program"), entry.text("parameters"), {}, {}, {}};
  if (study.program.find('/') != std::string::npos) {
    fail(origin, entry.required("program"),
         fmt::format("program of {} must be a name without a path, \"relax\" for softmech-relax", entry.title()));
  }
  if (entry.find("set")) collect_overrides(entry.table("set"), "", study.always);
  if (entry.find("quick")) collect_overrides(entry.table("quick"), "", study.quick);
  if (entry.find("full")) collect_overrides(entry.table("full"), "", study.full);
  return study;
}

toml::table parsed(std::string_view text, std::string_view origin) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw UsageError(fmt::format("{}:{}: {}", origin, error.source().begin.line, error.description()));
  }
}

}  // namespace

std::string_view name(ClaimKind kind) { return kind == ClaimKind::claim ? "claim" : "identity"; }

std::vector<std::string> needed_studies(const std::vector<Claim>& claims) {
  Names needed;
  const auto add = [&](const Measurable& test) {
    for (const auto& study : test.studies) {
      if (std::find(needed.begin(), needed.end(), study) == needed.end()) needed.push_back(study);
    }
  };
  for (const Claim& claim : claims) {
    add(claim.test);
    for (const Measurable& control : claim.controls) add(control);
  }
  return needed;
}

ClaimFile parse_claims(std::string_view text, std::string_view origin_text) {
  const std::string origin(origin_text);
  const toml::table root = parsed(text, origin);
  const Entry file(root, origin, "the file", {"study", "claim"});
  ClaimFile result;
  result.text = text;

  Names studies;
  for (const auto& [key, node] : file.table("study")) {
    if (!node.is_table()) fail(origin, node, fmt::format("study.{} must be a table: [study.{}]", key.str(), key.str()));
    result.studies.push_back(study_of(std::string(key.str()), *node.as_table(), origin));
    studies.push_back(result.studies.back().name);
  }
  const auto* list = file.required("claim").as_array();
  if (!list || !list->is_array_of_tables()) fail(origin, file.required("claim"), "claims must be written [[claim]]");
  std::set<std::string> ids;
  for (const auto& node : *list) {
    result.claims.push_back(claim_of(*node.as_table(), origin, studies));
    const std::string& id = result.claims.back().id;
    if (!ids.insert(id).second) fail(origin, node, fmt::format("claim \"{}\" exists twice; ids must differ", id));
  }
  return result;
}

ClaimFile read_claims(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (!stream || std::filesystem::is_directory(file) || !(text << stream.rdbuf())) {
    throw UsageError(fmt::format("{}: cannot be read: {}; give a file of claims such as data/claims.toml",
                                 file.string(),
                                 std::filesystem::is_directory(file) ? "is a directory" : std::strerror(errno)));
  }
  return parse_claims(text.str(), file.string());
}

const StudyPlan& ClaimFile::study(std::string_view name) const {
  for (const StudyPlan& study : studies) {
    if (study.name == name) return study;
  }
  Names names;
  for (const StudyPlan& study : studies) names.push_back(study.name);
  throw std::invalid_argument(fmt::format("study \"{}\" does not exist{}", name, did_you_mean(name, names)));
}

std::vector<Claim> ClaimFile::selected(std::string_view ids, bool full) const {
  Names known, wanted;
  for (const Claim& claim : claims) known.push_back(claim.id);
  constexpr std::string_view separators = " ,\t\n";
  for (auto start = ids.find_first_not_of(separators); start != std::string_view::npos;
       start = ids.find_first_not_of(separators)) {
    ids.remove_prefix(start);
    wanted.emplace_back(ids.substr(0, ids.find_first_of(separators)));
    ids.remove_prefix(wanted.back().size());
    if (std::find(known.begin(), known.end(), wanted.back()) == known.end()) {
      throw UsageError(fmt::format("audit.claims: claim \"{}\" does not exist{}", wanted.back(),
                                   did_you_mean(wanted.back(), known)));
    }
  }
  std::vector<Claim> chosen;
  for (const Claim& claim : claims) {
    const bool named = std::find(wanted.begin(), wanted.end(), claim.id) != wanted.end();
    if (named && claim.only_full && !full) {
      throw UsageError(
          fmt::format("audit.claims: claim \"{}\" needs more data than audit.scale = \"quick\" has; add --set "
                      "audit.scale=full",
                      claim.id));
    }
    if (named || (wanted.empty() && (full || !claim.only_full))) chosen.push_back(claim);
  }
  return chosen;
}

}  // namespace softmech
