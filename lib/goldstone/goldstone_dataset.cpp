#include <softmech/goldstone/goldstone_report.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace softmech {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

using OfPoint = std::function<double(const PointStudy&)>;
using OfMode = std::function<double(const PointStudy&, const ModeStudy&)>;
using OfPlace = std::function<double(const PointStudy&, std::size_t, std::size_t)>;

/// Adds variables on points, modes and further axes to a dataset; what a point has not is NaN.
class Builder {
 public:
  Builder(const GoldstoneStudy& study, std::vector<Attribute> attributes) : study_(study) {
    data.attributes = std::move(attributes);
    for (const PointStudy& point : study.points) modes_ = std::max(modes_, point.modes.size());
    axis("point", study.points.size(), "points of the data");
    axis("mode", modes_, "number of the mode, by rising wavenumber");
  }

  void axis(const std::string& name, std::size_t size, std::string meaning) {
    std::vector<std::int64_t> values(size);
    std::iota(values.begin(), values.end(), std::int64_t{0});
    data.variables.push_back({name, {name}, {size}, std::move(values), std::move(meaning), "1", {}});
  }
  void words(const std::string& name, const std::string& axis, std::vector<std::string> values, std::string meaning) {
    const std::size_t size = values.size();
    add(name, {axis}, {size}, std::move(values), std::move(meaning));
  }
  void add(std::string name, std::vector<std::string> axes, std::vector<std::size_t> shape, Values values,
           std::string meaning) {
    const bool result = axes.front() == "point" && name != "point";
    data.variables.push_back(
        {std::move(name), std::move(axes), std::move(shape), std::move(values), std::move(meaning), "1", {}});
    if (result && !coordinates.empty()) data.variables.back().attributes.push_back({"coordinates", coordinates});
  }

  void per_point(const std::string& name, const OfPoint& number, const std::string& meaning) {
    std::vector<double> values;
    for (const PointStudy& point : study_.points) values.push_back(number(point));
    add(name, {"point"}, {study_.points.size()}, std::move(values), meaning);
  }
  /// Numbers of the dispersion, NaN where there is none.
  void per_law(const std::string& name, double DispersionStudy::*number, const std::string& meaning) {
    per_point(
        name, [number](const PointStudy& point) { return point.dispersion ? (*point.dispersion).*number : unknown; },
        meaning);
  }
  void per_mode(const std::string& name, const OfMode& number, const std::string& meaning) {
    std::vector<double> values(study_.points.size() * modes_, unknown);
    for (std::size_t p = 0; p < study_.points.size(); ++p) {
      const PointStudy& point = study_.points[p];
      for (std::size_t k = 0; k < point.modes.size(); ++k) values[p * modes_ + k] = number(point, point.modes[k]);
    }
    add(name, {"point", "mode"}, {study_.points.size(), modes_}, std::move(values), meaning);
  }
  /// (point, mode, `axis`) of `size` entries.
  void per_place(const std::string& name, const std::string& axis, std::size_t size, const OfPlace& number,
                 const std::string& meaning) {
    std::vector<double> values(study_.points.size() * modes_ * size, unknown);
    for (std::size_t p = 0; p < study_.points.size(); ++p) {
      for (std::size_t k = 0; k < study_.points[p].modes.size(); ++k) {
        for (std::size_t i = 0; i < size; ++i) values[(p * modes_ + k) * size + i] = number(study_.points[p], k, i);
      }
    }
    add(name, {"point", "mode", axis}, {study_.points.size(), modes_, size}, std::move(values), meaning);
  }

  Dataset data;
  std::string coordinates;

 private:
  const GoldstoneStudy& study_;
  std::size_t modes_ = 0;
};

double element(const Vector& values, std::size_t place) {
  return static_cast<Eigen::Index>(place) < values.size() ? values[static_cast<Eigen::Index>(place)] : unknown;
}

void add_coordinates(const GoldstoneStudy& study, Builder& out) {
  std::string names;
  for (const auto& [name, value] : study.points.front().point.coordinates) {
    if (std::holds_alternative<double>(value)) {
      out.per_point(
          name, [&name](const PointStudy& point) { return point.point.number(name); }, "of the simulation");
    } else {
      std::vector<std::string> texts;
      for (const PointStudy& point : study.points) {
        const auto own = std::ranges::find(point.point.coordinates, name, &PointCoordinate::first);
        const bool has = own != point.point.coordinates.end() && std::holds_alternative<std::string>(own->second);
        texts.push_back(has ? std::get<std::string>(own->second) : "");
      }
      out.words(name, "point", texts, "of the simulation");
    }
    names += (names.empty() ? "" : " ") + name;
  }
  out.coordinates = names;
}

/// A number of a mode's line, NaN unless it is resolved.
OfMode of_line(const std::function<double(const LineFit&)>& number) {
  return
      [number](const PointStudy&, const ModeStudy& mode) { return mode.resolved() ? number(mode.fit->best) : unknown; };
}

void add_modes(const GoldstoneStudy& study, Builder& out) {
  const auto waves = [](const LineFit& fit) { return fit.line.shape != LineShape::relaxation; };
  out.per_mode(
      "wavenumber", [](const PointStudy&, const ModeStudy& m) { return m.wavenumber; }, "wavenumber k");
  out.per_mode("frequency", of_line([waves](const LineFit& fit) { return waves(fit) ? fit.line.frequency : unknown; }),
               "natural frequency of the line, signed for waves of one direction; NaN where not resolved");
  out.per_mode("frequency_error",
               of_line([waves](const LineFit& fit) { return waves(fit) ? fit.frequency_error : unknown; }),
               "half width of its 68 % interval");
  out.per_mode("damping", of_line([](const LineFit& fit) { return fit.line.damping; }),
               "full width of the line at half height; of a relaxation its rate");
  out.per_mode("damping_error", of_line([](const LineFit& fit) { return fit.damping_error; }),
               "half width of its 68 % interval");
  out.per_mode("rate", of_line([](const LineFit& fit) { return fit.line.rate(); }), "slowest rate of decay");
  out.per_mode("rate_error", of_line([](const LineFit& fit) { return fit.rate_error; }), "its standard error");
  out.per_mode("line_power", of_line([](const LineFit& fit) { return fit.line.amplitude; }),
               "part of S(k) that is in the line");
  out.per_mode(
      "pole_limit",
      [](const PointStudy&, const ModeStudy& m) { return m.fit && !m.fit->resolved ? m.fit->limit : unknown; },
      "upper limit of the frequency or rate of a mode that is not resolved");
  const auto linear = [&out](const std::string& name, Vector ModePoint::*list, const std::string& meaning) {
    out.per_mode(
        name,
        [list](const PointStudy& point, const ModeStudy& m) {
          return element(point.point.*list, static_cast<std::size_t>(&m - point.modes.data()));
        },
        meaning);
  };
  linear("frequency_linear", &ModePoint::frequency_linear, "frequency in linear theory");
  linear("damping_linear", &ModePoint::damping_linear, "damping in linear theory");
  out.per_mode(
      "frequency_law",
      [](const PointStudy& point, const ModeStudy& m) {
        if (!point.dispersion || m.wavenumber > point.dispersion->data.wavenumber.maxCoeff()) return unknown;
        const double y = point.dispersion->law().at(m.wavenumber);
        return point.dispersion->data.kind == BranchKind::waves ? std::sqrt(std::max(y, 0.0)) : y;
      },
      "frequency or rate by the best law, in the range it was fitted to");
  out.per_mode(
      "structure_factor", [](const PointStudy&, const ModeStudy& m) { return m.structure_factor.value; },
      "S(k), mean of |u_k|^2 at equal depth");
  out.per_mode(
      "structure_factor_error", [](const PointStudy&, const ModeStudy& m) { return m.structure_factor.error; },
      "its standard error");
  out.per_mode(
      "frequency_static",
      [](const PointStudy& point, const ModeStudy& m) {
        const double stiffness = point.point.number("temperature") / m.structure_factor.value;
        return stiffness > 0 ? std::sqrt(stiffness / point.point.number("mass", 1)) : unknown;
      },
      "frequency by equipartition, (T/(m S(k)))^(1/2)");
  out.per_mode(
      "asymmetry", [](const PointStudy&, const ModeStudy& m) { return m.asymmetry ? m.asymmetry->value : unknown; },
      "(P+ - P-)/(P+ + P-) of the power at w > 0 and w < 0: C(t) against C(-t); 0 if reciprocal");
  out.per_mode(
      "asymmetry_error",
      [](const PointStudy&, const ModeStudy& m) { return m.asymmetry ? m.asymmetry->error : unknown; },
      "its standard error");
  const auto modes = out.data.find("mode")->shape.front();
  std::vector<std::string> shapes;
  for (const PointStudy& point : study.points) {
    for (std::size_t k = 0; k < modes; ++k) {
      if (k >= point.modes.size())
        shapes.emplace_back("");
      else if (point.modes[k].zero_mode)
        shapes.emplace_back("zero mode");
      else
        shapes.emplace_back(point.modes[k].fit ? name(point.modes[k].fit->best.line.shape) : "no power");
    }
  }
  out.add("line_shape", {"point", "mode"}, {study.points.size(), modes}, std::move(shapes),
          "oscillation, relaxation, travelling, zero mode or no power");
}

void add_spectra(const GoldstoneStudy& study, Builder& out) {
  std::size_t bins = 0, lags = 0;
  for (const PointStudy& point : study.points) {
    bins = std::max(bins, static_cast<std::size_t>(point.frequencies.size()));
    lags = std::max(lags, static_cast<std::size_t>(point.modes.front().correlations.size()));
  }
  const auto per_bin = [&](const std::string& name, const std::string& axis, std::size_t size,
                           const std::function<double(const PointStudy&, std::size_t)>& number,
                           const std::string& meaning) {
    std::vector<double> values;
    for (const PointStudy& point : study.points) {
      for (std::size_t i = 0; i < size; ++i) values.push_back(number(point, i));
    }
    out.add(name, {"point", axis}, {study.points.size(), size}, std::move(values), meaning);
  };
  out.axis("bin", bins, "frequencies of the map");
  out.axis("lag", lags, "depths of the correlations");
  per_bin(
      "spectrum_frequency", "bin", bins,
      [](const PointStudy& point, std::size_t i) { return element(point.frequencies, i); }, "frequency w of the map");
  per_bin(
      "correlation_depth", "lag", lags,
      [](const PointStudy& point, std::size_t i) {
        return static_cast<Eigen::Index>(i) < point.modes.front().correlations.size()
                   ? static_cast<double>(i) * point.point.interval
                   : unknown;
      },
      "depth t of the correlations");
  out.per_place(
      "spectrum", "bin", bins,
      [](const PointStudy& p, std::size_t k, std::size_t i) { return element(p.modes[k].spectrum, i); },
      "S(k,w), whose integral dw/2pi is S(k); a wave towards larger places peaks at w > 0");
  const auto correlation = [](bool imaginary) {
    return [imaginary](const PointStudy& p, std::size_t k, std::size_t i) {
      const ComplexVector& values = p.modes[k].correlations;
      if (static_cast<Eigen::Index>(i) >= values.size()) return unknown;
      const auto value = values[static_cast<Eigen::Index>(i)];
      return imaginary ? value.imag() : value.real();
    };
  };
  out.per_place("correlation_real", "lag", lags, correlation(false), "real part of C(k,t) = <u_k(t) u_k(0)*>");
  out.per_place("correlation_imaginary", "lag", lags, correlation(true), "imaginary part; 0 for reciprocal forces");
  if (std::ranges::none_of(study.points, [](const PointStudy& p) { return !p.longitudinal.empty(); })) return;
  out.per_place(
      "longitudinal_spectrum", "bin", bins,
      [](const PointStudy& p, std::size_t k, std::size_t i) {
        return p.longitudinal.empty() ? unknown : element(p.longitudinal[k], i);
      },
      "S(k,w) along the order parameter");
  out.per_mode(
      "longitudinal_structure_factor",
      [](const PointStudy& p, const ModeStudy& m) {
        return element(p.longitudinal_structure_factor, static_cast<std::size_t>(&m - p.modes.data()));
      },
      "S(k) along the order parameter, without the mean over depth");
}

/// C(r,t) where all points have it for the same number of sites.
void add_space(const GoldstoneStudy& study, Builder& out) {
  const auto& first = study.points.front().space;
  const bool all = first && std::ranges::all_of(study.points, [&first](const PointStudy& point) {
                     return point.space && point.space->rows() == first->rows() && point.space->cols() == first->cols();
                   });
  if (!all) return;
  std::vector<std::int64_t> distances(static_cast<std::size_t>(first->rows()));
  std::iota(distances.begin(), distances.end(), -static_cast<std::int64_t>(first->rows() / 2));
  const std::size_t size = distances.size(), lags = static_cast<std::size_t>(first->cols());
  out.data.variables.push_back({"distance", {"distance"}, {size}, std::move(distances), "distance r", "1", {}});
  std::vector<double> values;
  for (const PointStudy& point : study.points)
    values.insert(values.end(), point.space->data(), point.space->data() + point.space->size());
  out.add("space_correlation", {"point", "distance", "lag"}, {study.points.size(), size, lags}, std::move(values),
          "C(r,t) = <u_(j+r)(t) u_j(0)> without k = 0");
}

void add_laws(const GoldstoneStudy& study, Builder& out) {
  out.per_law("gap", &DispersionStudy::gap, "frequency (or rate) at k = 0 by the best law with a gap");
  out.per_law("gap_error", &DispersionStudy::gap_error, "its upper standard error");
  out.per_law("gap_limit", &DispersionStudy::gap_limit, "95 % upper limit of the gap");
  out.per_law("gap_squared", &DispersionStudy::gap_squared, "signed gap^2 (of a rate: the gap itself)");
  out.per_law("gap_squared_error", &DispersionStudy::gap_squared_error, "its standard error");
  out.per_law("exponent", &DispersionStudy::exponent, "z of w ~ k^z (of a rate: of the rate)");
  out.per_law("exponent_error", &DispersionStudy::exponent_error, "its standard error");
  out.per_law("velocity", &DispersionStudy::velocity, "c of w = c k; NaN where the branch is not linear or no law holds");
  out.per_law("velocity_error", &DispersionStudy::velocity_error, "its standard error");
  const auto per_point = [&out](const std::string& name, double PointStudy::*number, const std::string& meaning) {
    out.per_point(
        name, [number](const PointStudy& point) { return point.*number; }, meaning);
  };
  per_point("stiffness", &PointStudy::stiffness, "stiffness per site by the velocity, m c^2");
  per_point("stiffness_error", &PointStudy::stiffness_error, "its standard error");
  per_point("stiffness_static", &PointStudy::static_stiffness, "stiffness by equipartition, T/(k^2 S(k)) for k -> 0");
  per_point("stiffness_static_error", &PointStudy::static_stiffness_error, "its standard error");
  out.per_point(
      "asymmetry_significance", [](const PointStudy& p) { return p.asymmetry_significance(); },
      "largest of all modes, in standard deviations from reciprocal forces");
  const auto given = [&out](const std::string& name, double ModePoint::*number, const std::string& meaning) {
    out.per_point(
        name, [number](const PointStudy& point) { return point.point.*number; }, meaning);
  };
  given("helicity_modulus", &ModePoint::helicity_modulus, "stiffness by the helicity modulus, of the simulation");
  given("helicity_modulus_error", &ModePoint::helicity_modulus_error, "its standard error");
  out.per_point(
      "stiffness_deviation", [](const PointStudy& point) { return point.stiffness_deviation(); },
      "(stiffness - helicity modulus)/standard error");
  given("zero_modes", &ModePoint::zero_modes, "zero modes in linear theory");
  given("zero_modes_expected", &ModePoint::zero_modes_expected, "dim G/H, broken generators");
  out.per_point(
      "drift_velocity", [](const PointStudy& p) { return p.drift ? p.drift->velocity : unknown; },
      "root mean square velocity of the mean over all sites; NaN where a force holds it");
  out.per_point(
      "drift_exponent", [](const PointStudy& p) { return p.drift ? p.drift->exponent : unknown; },
      "e of its squared displacement t^e: 2 ballistic, 1 diffusive");
  out.per_point(
      "damping_exponent", [](const PointStudy& p) { return p.damping ? p.damping->exponent : unknown; },
      "g of the damping k^g");
  out.per_point(
      "damping_exponent_error", [](const PointStudy& p) { return p.damping ? p.damping->exponent_error : unknown; },
      "its standard error");
  out.per_point(
      "law_probability", [](const PointStudy& p) { return p.dispersion ? p.dispersion->law().probability : unknown; },
      "chance of a chi^2 at least as large, of the best law");

  std::vector<std::string> kinds, best, laws;
  for (const PointStudy& point : study.points) {
    kinds.emplace_back(point.dispersion ? name(point.dispersion->data.kind) : "unknown");
    best.emplace_back(point.dispersion ? point.dispersion->law().law.name(point.dispersion->data.kind) : "none");
  }
  for (const DispersionLaw& law : dispersion_laws()) laws.push_back(law.name(BranchKind::waves));
  out.words("branch", "point", kinds, "what the laws are of: frequencies of waves or rates");
  out.words("best_law", "point", best, "the simplest law whose AICc is within 4 of the lowest");
  out.words("law", "law", laws, "laws of w^2 (waves), of rates (\"linear\" is then k^2) or of w (travelling)");
  std::vector<double> weights;
  for (const PointStudy& point : study.points) {
    for (std::size_t i = 0; i < laws.size(); ++i)
      weights.push_back(point.dispersion ? point.dispersion->weights[i] : unknown);
  }
  out.add("law_weight", {"point", "law"}, {study.points.size(), laws.size()}, std::move(weights),
          "Akaike weights of the laws by AICc");
}

void add_fields(const GoldstoneStudy& study, Builder& out) {
  if (study.fields.empty()) return;
  std::vector<std::string> labels;
  for (const FieldStudy& field : study.fields) labels.push_back(field.label);
  const std::size_t size = labels.size();
  out.words("field_set", "field_set", labels, "sets of points that differ in their field alone");
  const auto add = [&](const std::string& name, double FieldStudy::*number, const std::string& meaning) {
    std::vector<double> values;
    for (const FieldStudy& field : study.fields) values.push_back(field.*number);
    out.add(name, {"field_set"}, {size}, std::move(values), meaning);
  };
  add("field_slope", &FieldStudy::slope, "slope of gap^2 against the field");
  add("field_slope_error", &FieldStudy::slope_error, "its standard error");
  add("field_slope_expected", &FieldStudy::slope_expected, "1/m");
  add("field_intercept", &FieldStudy::intercept, "gap^2 without field, by the line");
  add("field_intercept_error", &FieldStudy::intercept_error, "its standard error");
  add("field_probability", &FieldStudy::probability, "chance of a chi^2 at least as large, of the line");
  add("field_exponent", &FieldStudy::exponent, "e of gap^2 ~ h^e");
  add("field_exponent_error", &FieldStudy::exponent_error, "its standard error");
}

}  // namespace

Dataset goldstone_dataset(const GoldstoneStudy& study, std::vector<Attribute> attributes) {
  Builder out(study, std::move(attributes));
  add_coordinates(study, out);
  add_modes(study, out);
  add_laws(study, out);
  add_fields(study, out);
  add_spectra(study, out);
  add_space(study, out);
  return std::move(out.data);
}

}  // namespace softmech
