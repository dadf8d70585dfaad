// ising-data: the two-dimensional Ising model near its critical point, as a table for finite-size scaling.
//   ising-data > data/fss/ising.csv
//   ising-data --sizes 4,16 --sweeps 1000 --seed 7
// Single-cluster updates (Wolff, PRL 62 (1989) 361) on periodic L × L lattices, H = -sum s_i s_j over nearest
// neighbors. Every size has a grid of its own in the scaling variable (T/T_c - 1) L. Each point has its own random
// numbers: a row depends on seed, sweeps, size and its place in the grid, not on the other rows or on threads.
#include <softmech/ensemble/random.hpp>
#include <softmech/statistics/jackknife.hpp>

#include <fmt/format.h>
#include <oneapi/tbb/parallel_for.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace softmech;

namespace {

constexpr int points_per_size = 12;
constexpr int clusters_per_sweep = 3;  // about L² spins at T_c for L = 16 … 128
constexpr Eigen::Index bins = 64;

struct Options {
  std::vector<int> sizes{16, 24, 32, 48, 64, 96, 128};
  std::int64_t sweeps = 28'800;
  std::uint64_t seed = 1;
};

class IsingLattice {
 public:
  explicit IsingLattice(int size) : size_(size), spins_(static_cast<std::size_t>(size) * size, 1) {
    for (int i = 0; i < size * size; ++i) {
      const int x = i % size, y = i / size;
      neighbors_.insert(neighbors_.end(), {y * size + (x + 1) % size, y * size + (x + size - 1) % size,
                                           (y + 1) % size * size + x, (y + size - 1) % size * size + x});
    }
    waiting_.resize(spins_.size() + 1);
  }

  /// Flips the cluster of a random spin; a bond between equal spins belongs to it with chance 1 - e^{-2/T}.
  void flip_cluster(double bond_chance, RandomStream& random) {
    const double closed_scale = 1 / bond_chance, open_scale = 1 / (1 - bond_chance);
    const auto seed = static_cast<int>(random.below(spins_.size()));
    const std::int8_t spin = spins_[seed], flipped = static_cast<std::int8_t>(-spin);
    spins_[seed] = flipped;
    waiting_[0] = seed;
    for (std::size_t count = 1; count > 0;) {
      const int* neighbors = &neighbors_[4 * waiting_[--count]];
      // One number decides all four bonds: after each decision what is left of it is uniform again. No branches, which
      // nothing could predict.
      double u = random.uniform();
      for (int side = 0; side < 4; ++side) {
        const bool bond = u < bond_chance;
        u = bond ? u * closed_scale : (u - bond_chance) * open_scale;
        const int j = neighbors[side];
        const bool joins = bond & (spins_[j] == spin);
        spins_[j] = joins ? flipped : spins_[j];
        waiting_[count] = j;
        count += joins;
      }
    }
  }

  double magnetization() const {
    int sum = 0;
    for (const std::int8_t spin : spins_) sum += spin;
    return static_cast<double>(sum) / static_cast<double>(spins_.size());
  }

  /// Energy per spin.
  double energy() const {
    int aligned = 0;
    for (int y = 0; y < size_; ++y) {
      const std::int8_t *row = &spins_[y * size_], *next = &spins_[(y + 1) % size_ * size_];
      for (int x = 0; x < size_; ++x) aligned += row[x] * next[x];
      for (int x = 0; x + 1 < size_; ++x) aligned += row[x] * row[x + 1];
      aligned += row[size_ - 1] * row[0];
    }
    return -static_cast<double>(aligned) / static_cast<double>(spins_.size());
  }

 private:
  int size_;
  std::vector<std::int8_t> spins_;
  std::vector<int> neighbors_;  // 4 per spin
  std::vector<int> waiting_;    // flipped spins whose neighbors are still to be asked
};

/// Means over each bin, one row per bin: |m|, m², m⁴, e, e².
RowMatrix bin_means(int size, double temperature, std::int64_t sweeps, RandomStream random) {
  IsingLattice lattice(size);
  const double bond_chance = -std::expm1(-2 / temperature);
  const auto sweep = [&] {
    for (int cluster = 0; cluster < clusters_per_sweep; ++cluster) lattice.flip_cluster(bond_chance, random);
  };
  for (std::int64_t i = 0; i < 100 + sweeps / 20; ++i) sweep();
  RowMatrix means = RowMatrix::Zero(bins, 5);
  const std::int64_t length = sweeps / bins;
  for (Eigen::Index bin = 0; bin < bins; ++bin) {
    for (std::int64_t i = 0; i < length; ++i) {
      sweep();
      const double m = std::abs(lattice.magnetization()), e = lattice.energy();
      means.row(bin) += Eigen::RowVector<double, 5>(m, m * m, m * m * m * m, e, e * e) / static_cast<double>(length);
    }
  }
  return means;
}

std::string row_of(int size, int point, const Options& options) {
  // Places of the grid differ between sizes, so that an analysis can not rely on a common one.
  const double critical = 2 / std::log1p(std::sqrt(2.0));
  const double scaled = -1 + 2 * (point + 0.08 * (size % 7)) / points_per_size;
  const double temperature = std::round(critical * (1 + scaled / size) * 1e6) / 1e6;
  const auto stream = static_cast<std::uint32_t>(size * points_per_size + point);
  const RowMatrix means = bin_means(size, temperature, options.sweeps, {options.seed, stream, "ising"});
  const double n = static_cast<double>(size) * size;

  std::string row = fmt::format("{},{:.6f}", size, temperature);
  const auto add = [&](const auto& quantity) {
    const Estimate estimate = jackknife(means, quantity);
    row += fmt::format(",{:.8g},{:.3g}", estimate.value, estimate.error);
  };
  for (const int column : {0, 1, 2}) add([column](const Vector& mean) { return mean[column]; });
  add([](const Vector& mean) { return 1 - mean[2] / (3 * mean[1] * mean[1]); });
  add([&](const Vector& mean) { return n * (mean[1] - mean[0] * mean[0]) / temperature; });
  add([](const Vector& mean) { return mean[3]; });
  add([&](const Vector& mean) { return n * (mean[4] - mean[3] * mean[3]) / (temperature * temperature); });
  return row + "\n";
}

template <class Integer>
Integer whole_number(std::string_view name, std::string_view text, Integer least, Integer most) {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most)
    throw std::invalid_argument(fmt::format("{} {}: must be an integer from {} to {}", name, text, least, most));
  return value;
}

Options read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i], text = i + 1 < argc ? argv[i + 1] : "";
    if (name == "--sweeps") {
      options.sweeps = whole_number<std::int64_t>(name, text, 10 * bins, 1'000'000'000);
    } else if (name == "--seed") {
      options.seed = whole_number<std::uint64_t>(name, text, 0, UINT64_MAX);
    } else if (name == "--sizes") {
      options.sizes.clear();
      for (std::size_t begin = 0, end = 0; end < text.size(); begin = end + 1) {
        end = std::min(text.find(',', begin), text.size());
        options.sizes.push_back(whole_number<int>(name, text.substr(begin, end - begin), 3, 1024));
      }
    } else {
      throw std::invalid_argument(fmt::format("{}: must be --sizes, --sweeps or --seed", name));
    }
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) try {
  const Options options = read_options(argc, argv);
  // The largest sizes first, so that no long point is left for the end.
  std::vector<std::string> rows(options.sizes.size() * points_per_size);
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>(0, rows.size(), 1),
      [&](const auto& range) {
        for (std::size_t i = range.begin(); i < range.end(); ++i) {
          const std::size_t row = rows.size() - 1 - i;
          rows[row] = row_of(options.sizes[row / points_per_size], static_cast<int>(row % points_per_size), options);
        }
      },
      tbb::simple_partitioner());
  fmt::print(
      "# Ising model on periodic L x L lattices, H = -sum s_i s_j; per spin; Binder cumulant 1 - <m^4>/(3<m^2>^2),\n"
      "# susceptibility L^2 (<m^2> - <|m|>^2)/T, specific heat L^2 (<e^2> - <e>^2)/T^2; jackknife over {} bins.\n"
      "# ising-data --sweeps {} --seed {}\n"
      "size,temperature,magnetization,magnetization_error,magnetization2,magnetization2_error,magnetization4,"
      "magnetization4_error,binder,binder_error,susceptibility,susceptibility_error,energy,energy_error,"
      "specific_heat,specific_heat_error\n",
      bins, options.sweeps, options.seed);
  for (const std::string& row : rows) fmt::print("{}", row);
  return EXIT_SUCCESS;
} catch (const std::exception& error) {
  fmt::print(stderr, "ising-data: {}\n", error.what());
  return EXIT_FAILURE;
}
