#include <softmech/statistics/derived.hpp>

#include <fmt/format.h>

#include <array>
#include <stdexcept>

namespace softmech {

double binder_cumulant(double m2, double m4) { return 1 - m4 / (3 * m2 * m2); }

double moment_ratio(double m2, double m4) { return m4 / (m2 * m2); }

double susceptibility(double absolute_m, double m2, const DerivedContext& context) {
  return context.size * (m2 - absolute_m * absolute_m) / context.temperature;
}

double specific_heat(double e, double e2, const DerivedContext& context) {
  return context.size * (e2 - e * e) / (context.temperature * context.temperature);
}

namespace {

using Means = std::span<const double>;

constexpr std::array functions{
    DerivedFunction{"ratio", "a, b", "⟨a⟩/⟨b⟩", 2, [](Means x, const DerivedContext&) { return x[0] / x[1]; }},
    DerivedFunction{"variance", "m, m2", "⟨m²⟩ − ⟨m⟩²", 2,
                    [](Means x, const DerivedContext&) { return x[1] - x[0] * x[0]; }},
    DerivedFunction{"binder", "m2, m4", "1 − ⟨m⁴⟩/3⟨m²⟩²", 2,
                    [](Means x, const DerivedContext&) { return binder_cumulant(x[0], x[1]); }},
    DerivedFunction{"moment_ratio", "m2, m4", "⟨m⁴⟩/⟨m²⟩²", 2,
                    [](Means x, const DerivedContext&) { return moment_ratio(x[0], x[1]); }},
    DerivedFunction{"susceptibility", "|m|, m2", "N(⟨m²⟩ − ⟨|m|⟩²)/T", 2,
                    [](Means x, const DerivedContext& context) { return susceptibility(x[0], x[1], context); }},
    DerivedFunction{"specific_heat", "e, e2", "N(⟨e²⟩ − ⟨e⟩²)/T²", 2,
                    [](Means x, const DerivedContext& context) { return specific_heat(x[0], x[1], context); }},
};

constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

[[noreturn]] void refuse(std::string_view text, std::string_view rule) {
  std::string known;
  for (const DerivedFunction& function : functions)
    known += fmt::format("{}{}({})", known.empty() ? "" : ", ", function.name, function.arguments);
  throw std::invalid_argument(
      fmt::format("derived quantity \"{}\": {}; known are {}, or the name of a mean itself", text, rule, known));
}

std::string parse_name(std::string_view part, std::string_view text) {
  const std::string_view name = trimmed(part);
  if (name.empty()) refuse(text, "a name is missing");
  if (name.find_first_of("(),") != name.npos || name.find_first_of(blanks) != name.npos)
    refuse(text, fmt::format("\"{}\" is not a name", name));
  return std::string(name);
}

}  // namespace

std::span<const DerivedFunction> derived_functions() { return functions; }

double DerivedQuantity::operator()(std::span<const double> means, const DerivedContext& context) const {
  if (means.size() != arguments.size())
    throw std::invalid_argument(fmt::format("{} of {} means: must be {}", function ? function->name : arguments.front(),
                                            means.size(), arguments.size()));
  return function ? function->of(means, context) : means[0];
}

DerivedQuantity parse_derived(std::string_view text) {
  const std::string_view whole = trimmed(text);
  const std::size_t open = whole.find('(');
  if (open == whole.npos) return {nullptr, {parse_name(whole, text)}};
  if (whole.back() != ')') refuse(text, "must end with \")\"");

  DerivedQuantity quantity;
  const std::string name = parse_name(whole.substr(0, open), text);
  for (const DerivedFunction& function : functions) {
    if (function.name == name) quantity.function = &function;
  }
  if (!quantity.function) refuse(text, fmt::format("\"{}\" is unknown", name));
  std::string_view rest = whole.substr(open + 1, whole.size() - open - 2);
  for (std::size_t comma; (comma = rest.find(',')) != rest.npos; rest.remove_prefix(comma + 1))
    quantity.arguments.push_back(parse_name(rest.substr(0, comma), text));
  quantity.arguments.push_back(parse_name(rest, text));
  if (quantity.arguments.size() != quantity.function->count)
    refuse(text, fmt::format("{} takes {} means, got {}", name, quantity.function->count, quantity.arguments.size()));
  return quantity;
}

}  // namespace softmech
