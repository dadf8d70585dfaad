#include <softmech/goldstone/line_fit.hpp>

#include <softmech/statistics/information_criteria.hpp>

#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

namespace softmech {

namespace {

using std::numbers::pi;
using Bins = std::vector<Eigen::Index>;

constexpr Eigen::Index parameters = 4;  // ln A, ω, Γ, noise; relaxation has no ω
constexpr Eigen::Index first_bin = 2, least_bins = 16, enough_records = 8;
constexpr double least_periods = 3;
constexpr double simplicity = 4;  // the lead by which an oscillation must beat a relaxation, its overdamped limit

/// The bins with low <= |ω| <= high; negative ones too for complex records.
Bins bins_between(const Periodogram& periodogram, double low, double high, bool real) {
  Bins bins;
  for (Eigen::Index j = first_bin; 2 * j < periodogram.count(); ++j) {
    const double frequency = periodogram.frequency(j);
    if (frequency < low || frequency > high) continue;
    bins.push_back(j);
    if (!real) bins.push_back(periodogram.count() - j);
  }
  return bins;
}

Vector at(const Vector& spectrum, const Bins& bins) { return spectrum(bins); }

Line line_of(LineShape shape, const Vector& theta) {
  return {shape, std::exp(theta[0]), shape == LineShape::relaxation ? 0 : theta[1], theta[2], theta[3]};
}

/// Whittle's likelihood of one line shape in a band.
class Whittle {
 public:
  Whittle(LineShape shape, Vector mean, double weight, Bins bins, Periodogram& periodogram)
      : shape_(shape), mean_(std::move(mean)), weight_(weight), bins_(std::move(bins)), periodogram_(periodogram) {}

  LineShape shape() const { return shape_; }
  const Bins& bins() const { return bins_; }
  double highest() const { return mean_.maxCoeff(); }
  double resolution() const { return periodogram_.resolution(); }

  /// The expected periodogram f at the bins.
  Vector expected(const Vector& theta) const {
    const Line line = line_of(shape_, theta);
    return (line.amplitude * unit(line)).array() + line.noise;
  }

  double deviance(const Vector& theta) const {
    const Vector f = expected(theta);
    const double deviance = 2 * weight_ * (f.array().log() + mean_.array() / f.array()).sum();
    return std::isfinite(deviance) ? deviance : std::numeric_limits<double>::infinity();
  }

  /// f and its logarithmic derivatives ∂ ln f/∂θ (bins × parameters).
  std::pair<Vector, Matrix> derivatives(const Vector& theta) const {
    const Line line = line_of(shape_, theta);
    const double step = 1e-3 * periodogram_.resolution();
    const Vector here = unit(line);
    const Vector f = (line.amplitude * here).array() + line.noise;
    Matrix slopes(f.size(), parameters);
    slopes.col(0) = line.amplitude * here;
    slopes.col(1).setZero();
    if (shape_ != LineShape::relaxation) slopes.col(1) = line.amplitude * slope(line, &Line::frequency, step);
    slopes.col(2) = line.amplitude * slope(line, &Line::damping, step);
    slopes.col(3).setOnes();
    return {f, f.cwiseInverse().asDiagonal() * slopes};
  }

  /// The score of one record, ½ of −∂ deviance/∂θ per weight.
  Vector score(const Vector& spectrum, const Vector& f, const Matrix& slopes) const {
    return slopes.transpose() * (at(spectrum, bins_).array() / f.array() - 1).matrix();
  }
  Vector mean_score(const Vector& f, const Matrix& slopes) const {
    return slopes.transpose() * (mean_.array() / f.array() - 1).matrix();
  }

 private:
  /// The expected periodogram for A = 1 without noise; far from a sharp line the transform may round it below 0.
  Vector unit(const Line& line) const {
    return at(periodogram_.expected(line.correlations(periodogram_.interval(), periodogram_.count())), bins_)
        .cwiseMax(0.0);
  }
  Vector slope(Line line, double Line::*parameter, double step) const {
    const double there = line.*parameter;
    line.*parameter = there + step;
    const Vector above = unit(line);
    const bool bounded = parameter == &Line::damping;  // Γ >= 0
    line.*parameter = bounded ? std::max(0.0, there - step) : there - step;
    return (above - unit(line)) / (there + step - line.*parameter);
  }

  LineShape shape_;
  Vector mean_;
  double weight_;
  Bins bins_;
  Periodogram& periodogram_;
};

/// Γ >= 0, and the noise above the rounding of the transform.
Vector lower_bounds(const Whittle& whittle) {
  return Eigen::Vector4d(-1e300, whittle.shape() == LineShape::oscillation ? 0 : -1e300, 0, 1e-12 * whittle.highest());
}

/// The parameters that the band tells about, without those that a bound holds back against their score.
Bins free_parameters(const Matrix& curvature, const Vector& score, const Vector& theta, const Vector& bounds) {
  Bins free;
  for (Eigen::Index k = 0; k < parameters; ++k) {
    if (curvature(k, k) > 0 && !(theta[k] <= bounds[k] && score[k] < 0)) free.push_back(k);
  }
  return free;
}

struct Optimum {
  Vector theta;
  double deviance = std::numeric_limits<double>::infinity();
  bool converged = false;
};

/// Fisher's scoring with Levenberg's damping, until the deviance falls by less than `tolerance`.
Optimum scoring(const Whittle& whittle, const Vector& start, double tolerance) {
  const Vector bounds = lower_bounds(whittle);
  Optimum optimum{start.cwiseMax(bounds), 0, false};
  optimum.deviance = whittle.deviance(optimum.theta);
  if (!std::isfinite(optimum.deviance)) return optimum;
  double damping = 1e-2;
  for (int iteration = 0; iteration < 100 && !optimum.converged; ++iteration) {
    const auto [f, slopes] = whittle.derivatives(optimum.theta);
    const Vector score = whittle.mean_score(f, slopes);
    const Matrix all = slopes.transpose() * slopes;
    const Bins free = free_parameters(all, score, optimum.theta, bounds);
    if (free.empty()) break;
    const Vector scale = all.diagonal()(free).cwiseSqrt().cwiseInverse();
    const Matrix curvature = scale.asDiagonal() * Matrix(all(free, free)) * scale.asDiagonal();
    const Vector slope = scale.cwiseProduct(Vector(score(free)));
    bool better = false;
    while (!better && damping < 1e8) {
      const Matrix damped = curvature + damping * Matrix::Identity(slope.size(), slope.size());
      Vector next = optimum.theta;
      next(free) += scale.cwiseProduct(damped.ldlt().solve(slope));
      next[0] = std::clamp(next[0], optimum.theta[0] - 3, optimum.theta[0] + 3);
      const double stride = std::max(optimum.theta[2], 2 * whittle.resolution());  // not over to an alias
      next[1] = std::clamp(next[1], optimum.theta[1] - stride, optimum.theta[1] + stride);
      next = next.cwiseMax(bounds);
      const double deviance = whittle.deviance(next);
      better = deviance < optimum.deviance;
      if (better) {
        optimum.converged = optimum.deviance - deviance < tolerance;
        optimum.theta = next;
        optimum.deviance = deviance;
        damping = std::max(damping / 5, 1e-12);
      } else {
        damping *= 4;
      }
    }
    if (!better) optimum.converged = true;  // at the rounding, or in a corner of the bounds
  }
  return optimum;
}

/// Σ over records of the squared scores, with Student's widening.
Matrix score_scatter(const Whittle& whittle, const ModeSpectra& spectra, const Vector& f, const Matrix& slopes) {
  const Eigen::Index records = spectra.records.rows();
  Matrix scores(parameters, records);
  for (Eigen::Index r = 0; r < records; ++r) scores.col(r) = whittle.score(spectra.records.row(r), f, slopes);
  const Vector mean = scores.rowwise().mean();
  scores.colwise() -= mean;
  const auto freedom = static_cast<double>(records - 1);
  const double widening = boost::math::quantile(boost::math::students_t(freedom), 0.8413447460685429);
  return scores * scores.transpose() * (widening * widening * static_cast<double>(records) / freedom);
}

/// The same from simulated records.
Matrix simulated_scatter(const Whittle& whittle, const ModeSpectra& spectra, const Vector& theta, const Vector& f,
                         const Matrix& slopes, Periodogram& periodogram, const LineFitSettings& settings) {
  const LineProcess process(line_of(whittle.shape(), theta), periodogram.interval());
  std::vector<std::complex<double>> record(static_cast<std::size_t>(periodogram.count()));
  Matrix sum = Matrix::Zero(parameters, parameters);
  for (std::int64_t i = 0; i < settings.simulations; ++i) {
    RandomStream random(settings.seed, static_cast<std::uint32_t>(i), "simulated line");
    process.sample(random, spectra.real, record);
    const Vector score = whittle.score(periodogram.of(record), f, slopes);
    sum += score * score.transpose();
  }
  const auto records = static_cast<double>(spectra.records.rows());
  return sum * (records / static_cast<double>(settings.simulations) / static_cast<double>(spectra.averaged));
}

LineFit with_errors(const Whittle& whittle, const Optimum& optimum, const ModeSpectra& spectra,
                    Periodogram& periodogram, const LineFitSettings& settings) {
  LineFit fit;
  fit.line = line_of(whittle.shape(), optimum.theta);
  fit.converged = optimum.converged;
  const auto [f, slopes] = whittle.derivatives(optimum.theta);
  const Matrix scatter = spectra.records.rows() >= enough_records
                             ? score_scatter(whittle, spectra, f, slopes)
                             : simulated_scatter(whittle, spectra, optimum.theta, f, slopes, periodogram, settings);
  const Matrix curvature = static_cast<double>(spectra.records.rows()) * slopes.transpose() * slopes;
  Bins told = free_parameters(curvature, Vector::Zero(parameters), optimum.theta, lower_bounds(whittle));
  if (optimum.theta[3] <= lower_bounds(whittle)[3]) std::erase(told, 3);
  const Vector scale = curvature.diagonal()(told).cwiseSqrt().cwiseInverse();
  const Matrix inverse = scale.asDiagonal() *
                         Matrix(scale.asDiagonal() * curvature(told, told) * scale.asDiagonal())
                             .completeOrthogonalDecomposition()
                             .pseudoInverse() *
                         scale.asDiagonal();
  Matrix covariance = Matrix::Zero(parameters, parameters);
  covariance(told, told) = inverse * scatter(told, told) * inverse;
  fit.frequency_error = std::sqrt(covariance(1, 1));
  fit.damping_error = std::sqrt(covariance(2, 2));
  Vector gradient = Vector::Zero(parameters);
  for (const Eigen::Index k : {1, 2}) {
    const double step = std::max(1e-6 * std::abs(optimum.theta[k]), 1e-9 * periodogram.resolution());
    Vector moved = optimum.theta;
    moved[k] += step;
    gradient[k] = (line_of(whittle.shape(), moved).rate() - fit.line.rate()) / step;
  }
  fit.rate_error = std::sqrt(std::max(0.0, gradient.dot(covariance * gradient)));
  return fit;
}

/// Where the power of ±ω together is highest after smoothing over 2·reach + 1 bins, and how wide that is.
struct PeakGuess {
  double peak = 0, half_width = 0;  // in frequency
  double side = 1;                  // the sign of ω with more power
};

PeakGuess guess_peak(const Vector& mean, Eigen::Index reach, double resolution) {
  const Eigen::Index count = mean.size(), last = (count - 1) / 2;
  Vector sums = Vector::Zero(last + 2);  // of bins first_bin … j − 1
  for (Eigen::Index j = first_bin; j <= last; ++j) sums[j + 1] = sums[j] + mean[j] + mean[count - j];
  Vector power = Vector::Zero(last + 1);
  for (Eigen::Index j = first_bin; j <= last; ++j) {
    const Eigen::Index low = std::max(first_bin, j - reach), high = std::min(last, j + reach);
    power[j] = (sums[high + 1] - sums[low]) / static_cast<double>(high - low + 1);
  }
  Eigen::Index top = first_bin;
  power.maxCoeff(&top);
  Eigen::Index low = top, high = top;
  while (low > first_bin && power[low] > power[top] / 2) --low;
  while (high < last && power[high] > power[top] / 2) ++high;
  const bool at_zero = low <= first_bin;  // the half of a peak around 0
  PeakGuess guess;
  guess.peak = static_cast<double>(top) * resolution;
  guess.half_width = std::max(0.3, static_cast<double>(at_zero ? high : (high - low) / 2) - 1) * resolution;
  double right = 0, left = 0;
  for (Eigen::Index i = std::max(first_bin, low); i <= high; ++i) right += mean[i], left += mean[count - i];
  guess.side = left > right ? -1 : 1;
  return guess;
}

/// The same for a line much narrower than a bin, by what the Hann taper leaves in the neighbor of the highest bin
/// (Grandke, IEEE Trans. Instrum. Meas. 32 (1983) 350). Its likelihood has a barrier at every bin's frequency, where
/// the tails vanish: the search must begin on the right side, on both where noise may hide which.
std::vector<PeakGuess> guess_sharp_peaks(const Vector& mean, double resolution) {
  const Eigen::Index count = mean.size(), last = (count - 1) / 2;
  const auto power = [&](Eigen::Index j) { return mean[j] + mean[count - j]; };
  Eigen::Index top = first_bin;
  for (Eigen::Index j = first_bin; j < last; ++j) {
    if (power(j) > power(top)) top = j;
  }
  const int side = power(top + 1) > power(top - 1) ? 1 : -1;
  const double ratio = std::sqrt(power(top + side) / power(top));
  const double offset = side * std::max(0.0, (2 * ratio - 1) / (ratio + 1));
  const auto at_offset = [&](double bins) {
    return PeakGuess{(static_cast<double>(top) + bins) * resolution, 1e-3 * resolution,
                     mean[count - top] > mean[top] ? -1.0 : 1.0};
  };
  if (std::abs(offset) > 0.1) return {at_offset(offset)};
  return {at_offset(offset), at_offset(-offset)};
}

Vector start_of(LineShape shape, const PeakGuess& guess, const Vector& mean, const Bins& bins, double resolution) {
  const Vector inside = at(mean, bins);
  Vector theta(parameters);
  theta[0] = std::log(inside.sum() * resolution / (2 * pi));
  theta[1] = shape == LineShape::travelling ? guess.side * guess.peak : std::hypot(guess.peak, guess.half_width);
  theta[2] = shape == LineShape::relaxation ? std::max(guess.half_width, guess.peak / 2) : 2 * guess.half_width;
  theta[3] = 0.3 * inside.minCoeff();
  return theta;
}

double half_width(const Line& line) { return line.overdamped() ? line.rate() : line.damping / 2; }

enum class Wanted { guess, errors };
using Candidates = std::vector<std::pair<LineShape, std::vector<Vector>>>;

/// The best of the candidates, each from its starts, which become the optima.
LineFit best_in_band(Candidates& candidates, const Vector& mean, const ModeSpectra& spectra, const Bins& bins,
                     Periodogram& periodogram, const LineFitSettings& settings, Wanted wanted) {
  LineFit best;
  Optimum best_optimum;
  best.criterion = std::numeric_limits<double>::infinity();
  const auto weight = static_cast<double>(spectra.records.rows() * spectra.averaged);
  const auto whittle_of = [&](LineShape shape) { return Whittle(shape, at(mean, bins), weight, bins, periodogram); };
  for (auto& [shape, starts] : candidates) {
    const Whittle whittle = whittle_of(shape);
    Optimum optimum;
    for (const Vector& start : starts) {
      const Optimum next = scoring(whittle, start, wanted == Wanted::guess ? 0.1 : 1e-6);
      if (next.deviance < optimum.deviance) optimum = next;
    }
    if (!std::isfinite(optimum.deviance)) continue;
    starts = {optimum.theta};
    const double criterion = shape == LineShape::relaxation
                                 ? akaike(optimum.deviance / Periodogram::inflation, 3) - simplicity
                                 : akaike(optimum.deviance / Periodogram::inflation, 4);
    if (!(criterion < best.criterion)) continue;
    best.line = line_of(shape, optimum.theta);
    best.criterion = criterion;
    best_optimum = optimum;
  }
  if (wanted == Wanted::errors && std::isfinite(best.criterion)) {
    const double criterion = best.criterion;
    best = with_errors(whittle_of(best.line.shape), best_optimum, spectra, periodogram, settings);
    best.criterion = criterion;
  }
  best.deviance = best_optimum.deviance;
  return best;
}

}  // namespace

std::optional<ModeFit> fit_mode(const ModeSpectra& spectra, Periodogram& periodogram, const LineFitSettings& settings) {
  const Vector mean = spectra.mean();
  const double resolution = periodogram.resolution();
  const Eigen::Index inner = mean.size() - 2 * first_bin + 1;
  if (!mean.allFinite() || !(mean.segment(first_bin, inner).maxCoeff() > 0)) return std::nullopt;
  // First everywhere, from peaks of every width; then around the peak alone, always from a sharp peak too.
  Bins bins = bins_between(periodogram, 0, std::numeric_limits<double>::infinity(), spectra.real);
  Candidates candidates;
  for (const LineShape shape : all_line_shapes) {
    if (shape == LineShape::travelling && (spectra.real || !settings.travelling)) continue;
    const auto start = [&](const PeakGuess& guess) { return start_of(shape, guess, mean, bins, resolution); };
    candidates.push_back({shape, {}});
    for (Eigen::Index reach = 1; 8 * reach < mean.size(); reach *= 8)
      candidates.back().second.push_back(start(guess_peak(mean, reach, resolution)));
  }
  ModeFit fit;
  const auto begin_sharp_too = [&]() {
    for (const PeakGuess& guess : guess_sharp_peaks(mean, resolution)) {
      for (auto& [shape, starts] : candidates) starts.push_back(start_of(shape, guess, mean, bins, resolution));
    }
  };
  for (int round = 0; round < 5; ++round) {
    begin_sharp_too();
    const Line line = best_in_band(candidates, mean, spectra, bins, periodogram, settings, Wanted::guess).line;
    const double reach = std::max(8 * half_width(line), static_cast<double>(least_bins) * resolution);
    fit.low = std::max(0.0, std::abs(line.peak()) - reach);
    fit.high = std::abs(line.peak()) + reach;
    Bins next = bins_between(periodogram, fit.low, fit.high, spectra.real);
    if (next == bins || next.size() < static_cast<std::size_t>(least_bins)) break;
    bins = std::move(next);
  }
  begin_sharp_too();
  fit.best = best_in_band(candidates, mean, spectra, bins, periodogram, settings, Wanted::errors);
  if (!std::isfinite(fit.best.criterion)) return std::nullopt;
  const Line& line = fit.best.line;
  fit.limit = least_periods * resolution;
  fit.resolved = (line.overdamped() ? line.rate() : std::abs(line.frequency)) >= fit.limit;
  return fit;
}

}  // namespace softmech
