use super::*;
use crate::kind::{Described, Kinds};

fn at(epoch: usize, step: usize) -> StepPosition {
    StepPosition { epoch, epochs: 10, step, steps: 4 }
}

fn rate(schedule: &Schedule, epoch: usize, step: usize) -> f64 {
    schedule.learning_rate(0.1, at(epoch, step), &PlateauState::default())
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-12
}

fn figures(uar: f64) -> Figures {
    Figures { loss: 1.0, accuracy: 0.0, uar, weighted_f1: 0.0, macro_f1: 0.0 }
}

/// The rate of each epoch after the first, after validation went as given.
fn rates(schedule: &Schedule, uar: &[f64]) -> Vec<f64> {
    let mut state = PlateauState::default();
    let mut rates = Vec::new();
    for (i, value) in uar.iter().enumerate() {
        schedule.observe(&mut state, 0.1, i + 1, &figures(*value));
        rates.push(schedule.learning_rate(0.1, at(i + 2, 1), &state));
    }
    rates
}

#[test]
fn every_schedule_starts_at_most_at_the_base_rate_and_never_goes_above_it() {
    for info in Schedule::all() {
        let schedule = Schedule::of_name(info.name).unwrap();
        for epoch in 1..=10 {
            for step in 1..=4 {
                let rate = rate(&schedule, epoch, step);
                assert!(rate > 0.0 && rate <= 0.1, "{} {epoch} {step} {rate}", info.name);
            }
        }
    }
}

#[test]
fn step_and_exponential_fall_between_epochs() {
    let step = Schedule::Step(StepDecay { every_epochs: 3, factor: 0.5 });
    let got: Vec<f64> = (1..=7).map(|e| rate(&step, e, 4)).collect();
    let expected = [0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025];
    assert!(got.iter().zip(expected).all(|(a, b)| close(*a, b)), "{got:?}");
    let exponential = Schedule::Exponential(Exponential { factor: 0.5 });
    assert!(close(rate(&exponential, 3, 1), 0.025));
}

#[test]
fn cosine_is_half_way_in_the_middle_and_restarts_where_asked() {
    let cosine = Schedule::Cosine(Cosine { min_learning_rate: 0.02, cycle_epochs: None });
    assert!(close(rate(&cosine, 1, 1), 0.1));
    assert!(close(rate(&cosine, 6, 1), 0.06));
    assert!(rate(&cosine, 10, 4) < 0.021);
    let cycles = Schedule::Cosine(Cosine { min_learning_rate: 0.0, cycle_epochs: Some(2) });
    assert!(close(rate(&cycles, 2, 1), 0.05));
    assert!(close(rate(&cycles, 3, 1), 0.1));
}

#[test]
fn one_cycle_is_pytorchs() {
    // By the formula of torch.optim.lr_scheduler.OneCycleLR(max_lr=0.1, total_steps=40, pct_start=0.3).
    let cycle = Schedule::OneCycle(OneCycle::default());
    let expected =
        [(1, 1, 0.004), (2, 2, 0.045168887763), (3, 4, 0.1), (4, 1, 0.099685611752), (7, 2, 0.0500002), (10, 4, 4e-7)];
    for (epoch, step, expected) in expected {
        let got = rate(&cycle, epoch, step);
        assert!((got - expected).abs() < 1e-9, "{epoch} {step}: {got}, {expected}");
    }
}

#[test]
fn linear_falls_by_the_same_amount_every_step() {
    let linear = Schedule::Linear(Linear { min_learning_rate: 0.0 });
    assert!(close(rate(&linear, 1, 1), 0.1));
    assert!(close(rate(&linear, 1, 2), 0.0975));
    assert!(close(rate(&linear, 6, 1), 0.05));
}

#[test]
fn warm_up_rises_every_step_and_hands_over() {
    let then = Box::new(Schedule::Step(StepDecay { every_epochs: 1, factor: 0.5 }));
    let schedule = Schedule::WarmUp(WarmUp { epochs: 2, start_factor: 0.2, then });
    // 8 steps of warm-up: the first is 0.2 + 0.8 / 8 of the rate, the last the whole of it.
    assert!(close(rate(&schedule, 1, 1), 0.03));
    assert!(close(rate(&schedule, 2, 4), 0.1));
    assert!(close(rate(&schedule, 3, 1), 0.1));
    assert!(close(rate(&schedule, 4, 1), 0.05));
}

#[test]
fn a_warm_up_that_is_too_long_or_nested_is_a_problem() {
    let inner = Box::new(Schedule::WarmUp(WarmUp::default()));
    let schedule = Schedule::WarmUp(WarmUp { epochs: 50, start_factor: 0.0, then: inner });
    let keys: Vec<String> =
        schedule.problems(&Context { epochs: 10, ..Context::default() }).into_iter().map(|p| p.key).collect();
    assert_eq!(keys, ["warm-up.then", "warm-up.epochs"]);
    let wrong = Box::new(Schedule::Plateau(Plateau { factor: 2.0, ..Default::default() }));
    let schedule = Schedule::WarmUp(WarmUp { then: wrong, ..Default::default() });
    assert_eq!(schedule.problems(&Context { epochs: 10, ..Context::default() })[0].key, "warm-up.then.plateau.factor");
}

#[test]
fn a_plateau_lowers_the_rate_after_patience_epochs_without_improvement() {
    let schedule = Schedule::Plateau(Plateau { patience: 2, ..Default::default() });
    // Improves, stays, improves by less than min_delta: two in a row, so the fourth epoch runs at a tenth.
    let got = rates(&schedule, &[0.5, 0.5, 0.500_05, 0.6, 0.6, 0.6]);
    let expected = [0.1, 0.1, 0.01, 0.01, 0.01, 0.001];
    assert!(got.iter().zip(expected).all(|(a, b)| close(*a, b)), "{got:?}");
}

#[test]
fn a_plateau_respects_cooldown_and_the_lowest_rate() {
    let plateau = Plateau { patience: 1, cooldown: 2, min_learning_rate: 0.005, ..Default::default() };
    let got = rates(&Schedule::Plateau(plateau), &[0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
    // Reduced after epoch 2; epoch 3 is cooldown; after epoch 4 the next one, held at the lowest rate.
    let expected = [0.1, 0.01, 0.01, 0.005, 0.005, 0.005, 0.005];
    assert!(got.iter().zip(expected).all(|(a, b)| close(*a, b)), "{got:?}");
}

#[test]
fn a_plateau_of_the_loss_takes_lower_for_better() {
    let schedule = Schedule::Plateau(Plateau { patience: 1, metric: Metric::Loss, ..Default::default() });
    let mut state = PlateauState::default();
    for (epoch, loss) in [(1, 2.0), (2, 1.0), (3, 1.5)] {
        schedule.observe(&mut state, 0.1, epoch, &Figures { loss, ..figures(0.0) });
        let fell = schedule.learning_rate(0.1, at(epoch + 1, 1), &state) < 0.1;
        assert_eq!(fell, epoch == 3);
    }
}

#[test]
fn warm_up_epochs_do_not_count_towards_a_plateau() {
    let then = Box::new(Schedule::Plateau(Plateau { patience: 2, ..Default::default() }));
    let schedule = Schedule::WarmUp(WarmUp { epochs: 3, start_factor: 1.0, then });
    let got = rates(&schedule, &[0.5; 7]);
    // Epoch 4 sets the best value, 5 and 6 do not improve on it.
    assert!(close(got[4], 0.1) && close(got[5], 0.01), "{got:?}");
}
