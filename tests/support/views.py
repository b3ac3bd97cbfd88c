"""Every View that a notebook draws, drawn from small experiments: for the tests of what all figures must keep."""

from helpers.activations import ACTIVATIONS
from helpers.lessons.break_the_symmetry import experiment as symmetry
from helpers.lessons.break_the_symmetry.views import FailuresView, PartingView, RoundingView, UntyingView
from helpers.lessons.build_he import experiment as rectifiers
from helpers.lessons.build_he.views import BornView, DeadUnitsView, DecayView, InsideView, SizesView, TrainingsView
from helpers.lessons.build_orthogonal import experiment as straight
from helpers.lessons.build_orthogonal.views import DeepView, LinearRacesView, ProductsView, SpectrumView, TimesView
from helpers.lessons.build_xavier import experiment as xavier
from helpers.lessons.build_xavier.views import LayersView, PaperView, TanhDecayView, ThreeScalesView
from helpers.lessons.compare_convergence import experiment as convergence
from helpers.lessons.compare_convergence.views import (
    ContestsView,
    CornersView,
    PairsView,
    PlateauView,
    RatesView,
    ScaledView,
)
from helpers.lessons.draw_random_weights import experiment as scale
from helpers.lessons.draw_random_weights.views import LayerView, ScalesView, ShapesView, SlopesView
from helpers.lessons.start_here import experiment as race
from helpers.lessons.start_here.views import RacesView, RaceView
from helpers.lessons.unify_variance_scaling import experiment as gains
from helpers.lessons.unify_variance_scaling.views import WEIGHT_LOOKS, LevelsView, NineView, RulesView, WeightsView
from helpers.lessons.watch_signals_vanish import experiment as signals
from helpers.lessons.watch_signals_vanish.views import HistogramsView, ReuseView, SignalsView, SignalView


def small_race(start):
    return race.run_race(start, steps=40, seeds=4)


def small_rates():
    return convergence.run_rates(gains=(0.5, 1.0, 2.0), rates=(0.1, 1.0, 10.0), seeds=2, steps=20)


def rates_view():
    rates = small_rates()
    return RatesView(rates.gains, rates.rates), rates


def scaled_view():
    return ScaledView(seeds=4), convergence.run_scaled("He", factor=2.0, seeds=4)


def contests():
    return [
        convergence.run_contest(start, task, seeds=3)
        for task in convergence.TASKS
        for start in convergence.CONTEST_STARTS
    ]


def plateau_view():
    plateaus = [convergence.run_plateau(hidden, seeds=3) for hidden in (1, 2)]
    return PlateauView(plateaus[0].std), plateaus


def failures():
    starts = [("zeros", "tanh"), ("zeros", "sigmoid"), ("constant", "tanh"), ("twins", "tanh")]
    return [symmetry.run_failure(start, activation, steps=20) for start, activation in starts]


def histograms():
    rows = [("tanh", 0.5), ("tanh", 1.0), ("tanh", 4.0), ("sigmoid", 1.0)]
    return [signals.run_histograms(name, gain, seeds=3) for name, gain in rows]


def decays():
    return [[rectifiers.run_decay(start, seeds=4) for start in ("Xavier", "He", "standard")], leak()]


def leak():
    return rectifiers.run_leak([-1, -0.5, 0, 0.5, 1], width=64, seeds=4)


def trainings():
    return [
        rectifiers.run_training(start, layers=layers, steps=20, seeds=2)
        for layers in (6, 30)
        for start in ("Xavier", "He")
    ]


# What a notebook calls it: a function that returns the View and the result that it shows.
VIEWS = {
    "start_here.RaceView": lambda: (RaceView(), small_race("He")),
    "start_here.RacesView": lambda: (RacesView(), [small_race(start) for start in race.SIX_STARTS]),
    "break_the_symmetry.FailuresView": lambda: (FailuresView(), failures()),
    "break_the_symmetry.PartingView": lambda: (PartingView(), symmetry.run_parting(seeds=3)),
    "break_the_symmetry.RoundingView": lambda: (
        RoundingView(),
        [symmetry.run_rounding(name, steps=60) for name in symmetry.PRODUCTS],
    ),
    "break_the_symmetry.UntyingView": lambda: (UntyingView(), symmetry.run_untying("constant", 1e-8, seeds=3)),
    "draw_random_weights.ScalesView": lambda: (
        ScalesView(["normal", "uniform"]),
        [scale.measure_scale(name, seeds=4) for name in ("normal", "uniform")],
    ),
    "draw_random_weights.ShapesView": lambda: (
        ShapesView(["normal", "uniform"]),
        [scale.measure_shape(name, seeds=4) for name in ("normal", "uniform")],
    ),
    "draw_random_weights.SlopesView": lambda: (
        SlopesView(["tanh", "sigmoid", "relu"]),
        [scale.measure_slopes(name) for name in ("tanh", "sigmoid", "relu")],
    ),
    "draw_random_weights.LayerView": lambda: (LayerView(), scale.draw_layer(1000, 0.05)),
    "watch_signals_vanish.SignalView": lambda: (SignalView(), signals.run_signals("tanh")),
    "watch_signals_vanish.SignalsView": lambda: (
        SignalsView(),
        [[signals.run_signals(name, gain=gain, seeds=3) for name in signals.FIVE] for gain in (0.25, 1.0, 4.0)],
    ),
    "watch_signals_vanish.HistogramsView": lambda: (HistogramsView(), histograms()),
    "watch_signals_vanish.ReuseView": lambda: (ReuseView(), signals.run_reuse(seeds=4)),
    "build_xavier.ThreeScalesView": lambda: (ThreeScalesView(), xavier.run_paper("standard", width=64, seeds=3)),
    "build_xavier.LayersView": lambda: (LayersView(), xavier.run_layers("standard", depth=10, seeds=4)),
    "build_xavier.PaperView": lambda: (
        PaperView(),
        [xavier.run_paper(start, width=64, seeds=3) for start in ("standard", "Xavier")],
    ),
    "build_xavier.TanhDecayView": lambda: (TanhDecayView(), xavier.run_tanh_decay(width=32, seeds=4)),
    "build_he.DecayView": lambda: (DecayView(), decays()),
    "build_he.SizesView": lambda: (SizesView(), [rectifiers.run_sizes(start, seeds=4) for start in SizesView.starts]),
    "build_he.InsideView": lambda: (
        InsideView(),
        [rectifiers.run_training(start, steps=20, seeds=3) for start in InsideView.starts],
    ),
    "build_he.TrainingsView": lambda: (TrainingsView(), trainings()),
    "build_he.BornView": lambda: (BornView(), rectifiers.run_born([2, 3, 4, 6, 8], networks=100)),
    "build_he.DeadUnitsView": lambda: (DeadUnitsView(), rectifiers.run_dead_units()),
    "unify_variance_scaling.LevelsView": lambda: (LevelsView(), gains.run_levels("tanh", seeds=4)),
    "unify_variance_scaling.NineView": lambda: (
        NineView(),
        [gains.run_levels(name, rule, width=16, seeds=4) for name in ACTIVATIONS for rule in NineView.rules],
    ),
    "unify_variance_scaling.RulesView": lambda: (
        RulesView(),
        [gains.run_levels("tanh", rule, seeds=4) for rule in RulesView.rules],
    ),
    "unify_variance_scaling.WeightsView": lambda: (
        WeightsView(),
        [
            (gains.run_weight_shapes(kind, seeds=4), gains.run_levels("relu", weights=kind, seeds=4))
            for kind in WEIGHT_LOOKS
        ],
    ),
    "compare_convergence.ContestsView": lambda: (ContestsView(), contests()),
    "compare_convergence.PairsView": lambda: (
        PairsView(),
        [convergence.run_contest(start, "digits", seeds=6) for start in ("Xavier", "He")],
    ),
    "compare_convergence.RatesView": rates_view,
    "compare_convergence.PlateauView": plateau_view,
    "compare_convergence.CornersView": lambda: (
        CornersView(),
        [
            convergence.run_corners(activation, hidden, seeds=8, steps=50)
            for activation in ("tanh", "relu")
            for hidden in (2, 3, 4)
        ],
    ),
    "compare_convergence.ScaledView": scaled_view,
    "build_orthogonal.ProductsView": lambda: (
        ProductsView(),
        [straight.run_products(start, seeds=4) for start in straight.LINEAR_STARTS],
    ),
    "build_orthogonal.LinearRacesView": lambda: (
        LinearRacesView(),
        [straight.run_linear_race(target, steps=200, seeds=8) for target in straight.LINEAR_TARGETS],
    ),
    "build_orthogonal.TimesView": lambda: (
        TimesView(),
        [straight.run_times(start, depths=(2, 4, 8), steps=60, seeds=3) for start in straight.LINEAR_STARTS],
    ),
    "build_orthogonal.SpectrumView": lambda: (SpectrumView(), straight.run_spectrum(activation="relu")),
    "build_orthogonal.DeepView": lambda: (
        DeepView(),
        [straight.run_deep(start, layers=5, steps=20, seeds=3) for start in straight.DEEP_STARTS],
    ),
}


def drawn(name):
    """Return the View of that name, drawn, and the result that it shows."""
    view, result = VIEWS[name]()
    view.update(result)
    return view, result
