// A settings struct with every type of key, as a program would declare it.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <softmech/program/command_line.hpp>
#include <softmech/program/configuration.hpp>

struct DemoSettings {
  std::int64_t keys = 64;
  std::int64_t head_dim = 32;
  softmech::NumberOrWord temperature = "sqrt_head_dim";
  double mass = 1.0;
  double friction = 0.0;
  std::string operator_name = "softmax";
  double alpha = 1.5;
  std::vector<double> energies;
  std::vector<std::int64_t> heads = {1, 2};
  std::string dynamics = "lagrangian";
  bool project = true;
  std::optional<double> cutoff;
  double rel_tol = 1e-9;
  std::string title;
  std::int64_t members = 16;
  std::int64_t seed = 1;

  void declare(softmech::Keys& k) {
    k.add("model.keys", keys, "number of keys n", {.at_least = 1, .at_most = 1e7, .sweep = true});
    k.add("model.head_dim", head_dim, "head dimension d", {.at_least = 1, .at_most = 65536, .sweep = true});
    k.add("model.temperature", temperature, "temperature T; the word means T = √d as in a transformer",
          {.above = 0, .words = {"sqrt_head_dim"}, .sweep = true});
    k.add("model.mass", mass, "inertia of the query", {.above = 0});
    k.add("model.friction", friction, "friction γ", {.at_least = 0, .unit = "1/depth", .sweep = true});
    k.add("model.operator", operator_name, "what turns energies into weights",
          {.words = {"softmax", "entmax", "kappa"}, .sweep = true});
    k.add("model.alpha", alpha, "order α of entmax", {.above = 1, .at_most = 2});
    k.add("model.energies", energies, "energies E_i of the keys; empty: from a random query and random keys");
    k.add("model.heads", heads, "heads that share the keys", {.at_least = 1});
    k.add("model.dynamics", dynamics, "law of motion", {.words = {"lagrangian", "overdamped", "mirror"}});
    k.add("solver.project", project, "return to the manifold after each step");
    k.add("solver.cutoff", cutoff, "weights below it are dropped", {.above = 0, .below = 1});
    k.add("solver.rel_tol", rel_tol, "relative error tolerated per step", {.above = 0, .at_most = 0.1});
    k.add("output.title", title, "title of the output file");
    k.add("ensemble.members", members, "members per point", {.at_least = 1, .at_most = 1e6});
    k.add("ensemble.seed", seed, "seed of all random numbers", {.at_least = 0});
  }

  void check() const {
    if (operator_name == "entmax" && keys == 1) {
      throw std::invalid_argument("model.keys = 1: must be > 1 with operator \"entmax\"; try 2");
    }
  }
};

inline const softmech::ProgramText demo_text{
    "demo",
    "one query on the Fisher simplex, from a start to its equilibrium",
    {"softmech-demo --out demo", "softmech-demo data/demo/small.toml --set model.keys=256 --out demo-256",
     "softmech-demo --set model.temperature=0.5,1,2 --set model.keys=[64,256] --out demo-sweep"}};

/// The demo's keys with the settings they are bound to.
struct Demo {
  DemoSettings settings;
  softmech::Keys keys;
  Demo() { settings.declare(keys); }
};
