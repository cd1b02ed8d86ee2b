//! Louder and quieter clips, on the features.

use super::{Effect, Stage};
use crate::features::{Feature, Frames};
use crate::kind::above_to;
use crate::seed::Stream;

crate::settings! {
    /// Adds one number to the levels of a clip, drawn from a normal distribution around 0: a change of gain, without computing the
    /// features anew. Features that are no levels in dB, and deltas, stay as they are; arrays made elsewhere are taken for levels.
    pub struct LevelShift {
        /// Standard deviation in dB (of arrays made elsewhere in their own unit).
        pub deviation: f64 = 3.0, in above_to(0.0, 1e6);
    }
    check: ranges;
}

impl Effect for LevelShift {
    fn stage(&self) -> Stage {
        Stage::Clip
    }

    fn idle(&self, features: &[Feature]) -> Option<&'static str> {
        let has_level = |feature: &Feature| !feature.gain_of_level(feature.bins().max(1)).is_empty();
        (!features.iter().any(has_level)).then_some("no feature is a level in dB, as `log-mel` without deltas is")
    }

    fn clip(&self, features: &[Feature], frames: &mut [Frames], stream: &mut Stream) {
        let shift = (self.deviation * stream.normal()) as f32;
        for (feature, frames) in features.iter().zip(frames) {
            let gains = feature.gain_of_level(frames.bins);
            for (line, gain) in frames.data.chunks_exact_mut(frames.frames.max(1)).zip(gains) {
                line.iter_mut().for_each(|value| *value += gain * shift);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::dsp::probe::stream;
    use super::*;
    use crate::features::{Deltas, LogMel, Zcr};

    #[test]
    fn levels_move_by_one_number_of_the_deviation_asked_for_and_deltas_do_not() {
        let deltas = LogMel { deltas: Deltas { delta_order: 1, ..Deltas::default() }, ..LogMel::default() };
        let features = [Feature::LogMel(LogMel::default()), Feature::LogMel(deltas), Feature::Zcr(Zcr::default())];
        let zeros = |bins| Frames { bins, frames: 3, data: vec![0.0; bins * 3] };
        let mut squares = 0.0;
        for seed in 0..2000 {
            let mut clip = [zeros(128), zeros(128), zeros(1)];
            LevelShift { deviation: 2.0 }.clip(&features, &mut clip, &mut stream(seed));
            assert!(clip[0].data.iter().all(|value| *value == clip[0].data[0]));
            assert!(clip[1..].iter().all(|frames| frames.data.iter().all(|value| *value == 0.0)));
            squares += f64::from(clip[0].data[0]).powi(2);
        }
        assert!(((squares / 2000.0).sqrt() - 2.0).abs() < 0.15, "{squares}");
    }
}
