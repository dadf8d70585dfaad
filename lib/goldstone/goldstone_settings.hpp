// The keys of a Goldstone analysis.
#pragma once

#include <softmech/goldstone/mode_data.hpp>
#include <softmech/goldstone/point_study.hpp>
#include <softmech/program/keys.hpp>

namespace softmech {

struct GoldstoneKeys {
  std::string field = "soft", directions = "together";
  double start = 0;
  PointSettings study;

  void declare(Keys& keys);
  ModeSource source() const { return {field, directions == "apart", start}; }
};

}  // namespace softmech
