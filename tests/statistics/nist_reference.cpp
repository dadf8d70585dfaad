// NIST's Statistical Reference Datasets for nonlinear regression (public domain): data, two starts and the certified
// minimum, computed with 128 bits. https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml
#include <softmech/statistics/least_squares.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <string>
#include <vector>

using namespace softmech;

namespace {

struct Reference {
  std::string name;
  std::vector<double> x, y;
  Vector (*model)(const Eigen::ArrayXd& x, const Vector& b);
  std::vector<std::vector<double>> starts;
  std::vector<double> coefficients, deviations;
  double squares;  // Σ (y − f)² at the minimum
};

Vector vector_of(const std::vector<double>& values) {
  return Eigen::Map<const Vector>(values.data(), static_cast<Eigen::Index>(values.size()));
}

const Reference misra1a{
    "Misra1a",
    {77.6, 114.9, 141.1, 190.8, 239.9, 289, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760},
    {10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.4, 75.47, 81.78},
    [](const Eigen::ArrayXd& x, const Vector& b) -> Vector { return b[0] * (1 - (-b[1] * x).exp()); },
    {{500, 0.0001}, {250, 0.0005}},
    {2.3894212918E+02, 5.5015643181E-04},
    {2.7070075241E+00, 7.2668688436E-06},
    1.2455138894E-01};

const Reference thurber{
    "Thurber",
    {-3.067, -2.981, -2.921, -2.912, -2.84,  -2.797, -2.702, -2.699, -2.633, -2.481, -2.363, -2.322, -1.501,
     -1.46,  -1.274, -1.212, -1.1,   -1.046, -0.915, -0.714, -0.566, -0.545, -0.4,   -0.309, -0.109, -0.103,
     0.01,   0.119,  0.377,  0.79,   0.963,  1.006,  1.115,  1.572,  1.841,  2.047,  2.2},
    {80.574,   84.248,   87.264,   87.195,   89.076,   89.608,   89.868,   90.101,   92.405,   95.854,
     100.696,  101.06,   401.672,  390.724,  567.534,  635.316,  733.054,  759.087,  894.206,  990.785,
     1090.109, 1080.914, 1122.643, 1178.351, 1260.531, 1273.514, 1288.339, 1327.543, 1353.863, 1414.509,
     1425.208, 1421.384, 1442.962, 1464.35,  1468.705, 1447.894, 1457.628},
    [](const Eigen::ArrayXd& x, const Vector& b) -> Vector {
      return (b[0] + x * (b[1] + x * (b[2] + x * b[3]))) / (1 + x * (b[4] + x * (b[5] + x * b[6])));
    },
    {{1000, 1000, 400, 40, 0.7, 0.3, 0.03}, {1300, 1500, 500, 75, 1, 0.4, 0.05}},
    {1.2881396800E+03, 1.4910792535E+03, 5.8323836877E+02, 7.5416644291E+01, 9.6629502864E-01, 3.9797285797E-01,
     4.9727297349E-02},
    {4.6647963344E+00, 3.9571156086E+01, 2.8698696102E+01, 5.5675370270E+00, 3.1333340687E-02, 1.4984928198E-02,
     6.5842344623E-03},
    5.6427082397E+03};

const Reference mgh09{"MGH09",
                      {4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625},
                      {0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246},
                      [](const Eigen::ArrayXd& x, const Vector& b) -> Vector {
                        return b[0] * (x * x + x * b[1]) / (x * x + x * b[2] + b[3]);
                      },
                      {{25, 39, 41.5, 39}, {0.25, 0.39, 0.415, 0.39}},
                      {1.9280693458E-01, 1.9128232873E-01, 1.2305650693E-01, 1.3606233068E-01},
                      {1.1435312227E-02, 1.9633220911E-01, 8.0842031232E-02, 9.0025542308E-02},
                      3.0750560385E-04};

const Reference eckerle4{
    "Eckerle4",
    {400,   405, 410,   415, 420,   425, 430,   435, 436.5, 438, 439.5, 441, 442.5, 444, 445.5, 447, 448.5, 450,
     451.5, 453, 454.5, 456, 457.5, 459, 460.5, 462, 463.5, 465, 470,   475, 480,   485, 490,   495, 500},
    {0.0001575, 0.0001699, 0.000235,  0.0003102, 0.0004917, 0.000871,  0.0017418, 0.00464,   0.0065895,
     0.0097302, 0.0149002, 0.023731,  0.0401683, 0.0712559, 0.1264458, 0.2073413, 0.2902366, 0.3445623,
     0.3698049, 0.3668534, 0.3106727, 0.2078154, 0.1164354, 0.0616764, 0.03372,   0.0194023, 0.0117831,
     0.0074357, 0.0022732, 0.00088,   0.0004579, 0.0002345, 0.0001586, 0.0001143, 7.1e-05},
    [](const Eigen::ArrayXd& x, const Vector& b) -> Vector {
      return b[0] / b[1] * (-0.5 * ((x - b[2]) / b[1]).square()).exp();
    },
    {{1, 10, 500}, {1.5, 5, 450}},
    {1.5543827178E+00, 4.0888321754E+00, 4.5154121844E+02},
    {1.5408051163E-02, 4.6803020753E-02, 4.6800518816E-02},
    1.4635887487E-03};

/// The certified minimum from one start. NIST's deviations are scaled to the scatter, √(squares/freedom).
void check(const Reference& reference, std::size_t start) {
  INFO(reference.name << " from start " << start + 1);
  const Eigen::ArrayXd x = vector_of(reference.x);
  const Vector y = vector_of(reference.y);
  const auto model = [&](const Vector& b) { return reference.model(x, b); };
  const LeastSquaresFit fit = fit_least_squares(model, y, Vector::Ones(y.size()), vector_of(reference.starts[start]));
  CHECK(fit.chi_squared == Approx(reference.squares).epsilon(1e-9));
  CHECK(fit.freedom == static_cast<Eigen::Index>(reference.y.size() - reference.coefficients.size()));
  const double scatter = std::sqrt(fit.chi_squared / static_cast<double>(fit.freedom));
  for (std::size_t i = 0; i < reference.coefficients.size(); ++i) {
    INFO("coefficient " << i + 1);
    CHECK(fit.coefficients[static_cast<Eigen::Index>(i)] == Approx(reference.coefficients[i]).epsilon(1e-7));
    CHECK(scatter * fit.error(static_cast<Eigen::Index>(i)) == Approx(reference.deviations[i]).epsilon(1e-6));
  }
}

}  // namespace

TEST_CASE("NIST's certified minima are found from both starts") {
  for (const Reference& reference : {misra1a, thurber, mgh09, eckerle4}) {
    check(reference, 0);
    check(reference, 1);
  }
}
