#include <softmech/program/command_line.hpp>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <softmech/program/layout.hpp>

namespace softmech {
namespace {

const std::vector<std::pair<std::string, std::string>>& option_lines() {
  static const std::vector<std::pair<std::string, std::string>> lines = {
      {"FILE.toml", "settings; what it leaves out has its default"},
      {"--set KEY=VALUE", "set one key, after the file; as often as needed"},
      {"--out DIR", "directory of the results; the same command continues an unfinished run"},
      {"--seed N", "the same as --set ensemble.seed=N"},
      {"--threads N", "threads to compute with (default: all available)"},
      {"--time HH:MM:SS", "stop in good order after this time, with exit code 75; also MM:SS, seconds, D-HH:MM:SS"},
      {"--shard I/N", "compute part I of N, I from 0 to N-1 (default: as mpirun, srun or a Slurm job array says)"},
      {"--restart", "discard what DIR holds and begin again"},
      {"--dry-run", "say what would be computed, and stop"},
      {"--print-config", "print all settings as a commented FILE.toml, and stop"},
      {"--quiet", "no progress"},
      {"--version", "print the version, and stop"},
      {"--help", "print this, and stop"},
  };
  return lines;
}

std::vector<std::string> tables_of(const Keys& keys) {
  std::vector<std::string> tables;
  for (const auto& key : keys.all()) {
    const std::string table(table_of(key.name));
    if (std::find(tables.begin(), tables.end(), table) == tables.end()) tables.push_back(table);
  }
  return tables;
}

std::string key_lines(const Keys& keys) {
  constexpr std::size_t widest_default = 24;
  std::size_t name_width = 3, type_width = 4, default_width = 7;
  for (const auto& key : keys.all()) {
    name_width = std::max(name_width, columns(leaf_of(key.name)));
    type_width = std::max(type_width, type_text(key).size());
    const auto width = columns(value_text(key.initial));
    if (width <= widest_default) default_width = std::max(default_width, width);
  }
  const std::size_t indent = 2 + name_width + 2 + type_width + 2 + default_width + 2;
  const auto line = [&](const std::string& name, const std::string& type, const std::string& initial,
                        const std::string& text) {
    const std::string gap = columns(initial) <= default_width ? "  " : padded("\n", indent + 1);
    return fmt::format("  {}  {}  {}{}{}\n", padded(name, name_width), padded(type, type_width),
                       padded(initial, default_width), gap, wrapped(text, indent));
  };
  std::string text = line("key", "type", "default", "meaning [range or choices; unit; sweep]");
  for (const auto& table : tables_of(keys)) {
    if (!table.empty()) text += fmt::format("[{}]\n", table);
    for (const auto& key : keys.all()) {
      if (table_of(key.name) != table) continue;
      text += line(std::string(leaf_of(key.name)), type_text(key), value_text(key.initial), explanation(key));
    }
  }
  return text;
}

/// The options with what they mean for this program.
std::vector<std::pair<std::string, std::string>> option_lines(const ProgramText& program) {
  auto lines = option_lines();
  if (program.data.empty()) return lines;
  const std::vector<std::string> only_simulations{"--shard I/N", "--restart", "--time HH:MM:SS", "--threads N"};
  std::erase_if(lines, [&](const auto& line) {
    return std::find(only_simulations.begin(), only_simulations.end(), line.first) != only_simulations.end();
  });
  lines.insert(lines.begin(), {"DATA", "what is analysed: " + program.data + "; several are taken together"});
  for (auto& [option, meaning] : lines) {
    if (option == "--out DIR") meaning = "directory of the results; they replace earlier ones of this program";
    if (option == "--seed N") meaning = "seed of all random numbers, the same as --set ensemble.seed=N";
  }
  return lines;
}

}  // namespace

std::string help_text(const ProgramText& program, const Keys& keys) {
  std::string text = wrapped(fmt::format("{}: {}", program.command(), program.summary), 0) + "\n\n";
  for (const auto& sample : program.samples) text += "  " + sample + "\n";
  text += fmt::format("\nUsage: {}{} [FILE.toml] [--set KEY=VALUE]... --out DIR [options]\n", program.command(),
                      program.data.empty() ? "" : " DATA...");
  for (const auto& [option, meaning] : option_lines(program)) {
    text += fmt::format("  {}{}\n", padded(option, 17), wrapped(meaning, 19));
  }
  if (keys.all().empty()) return text;
  const std::string forms = "Keys, as [table] and key = value in FILE.toml, or as --set table.key=value.";
  const std::string sweeps =
      " A key marked sweep also takes a list, --set table.key=1,2,3: one point for every value, for several such keys "
      "for every combination.";
  text += fmt::format("\n{}\n", wrapped(program.data.empty() ? forms + sweeps : forms, 0));
  return text + key_lines(keys);
}

}  // namespace softmech
