//! Mel spectrogram in decibels.

use super::decibel::{Decibels, Reference};
use super::delta::Deltas;
use super::extract::{Compute, Input, Kernel, checked};
use super::floor::Floor;
use super::framing::Framing;
use super::mel::{Mel, MelKernel};
use super::stft::{SpectrumKinds, StftSettings};
use super::{FeatureError, Frames};

crate::settings! {
    /// Decibels of mel bands.
    pub struct Levels {
        include pub mel: Mel;
        /// What 0 dB stands for: a power, or "max" for each clip's own maximum (which removes its loudness).
        pub r#ref: Reference = Reference::Power(1.0);
        /// Values lie at most this far below the clip's maximum, in dB; "none" for no such limit.
        pub top_db: Option<f64> = Some(80.0), in 0.0..;
        /// The smallest power told from silence.
        pub amin: f64 = 1e-10, in 1e-30..=1.0;
    }
    check: ranges;
}

crate::settings! {
    /// Mel spectrogram in dB, [n_mels, frames] (librosa `melspectrogram` and `power_to_db`): the usual input of 2D networks.
    /// Three of them with `delta_order` 0, 1 and 2 make the three channels of the 3D-CRNN literature.
    pub struct LogMel {
        include pub levels: Levels;
        include pub deltas: Deltas;
    }
    check: checked;
}

impl Levels {
    /// Its decibels.
    pub fn decibels(&self) -> Decibels {
        Decibels { reference: self.r#ref, amin: self.amin, top_db: self.top_db }
    }
}

impl Compute for LogMel {
    fn bins(&self) -> usize {
        self.levels.mel.n_mels
    }
    fn framing(&self) -> Framing {
        self.levels.mel.framing()
    }
    fn stft(&self) -> Option<(StftSettings, SpectrumKinds)> {
        self.levels.mel.stft()
    }
    /// Levels: see [`Decibels::floor`]. Deltas: 0, silence does not change.
    fn floor(&self) -> Floor {
        if self.deltas.is_change() { Floor::zero(self.bins()) } else { Floor::Level(self.levels.decibels().level()) }
    }
    /// Levels rise with the clip; their deltas do not.
    fn gain_of_level(&self) -> Vec<f32> {
        if self.deltas.is_change() { Vec::new() } else { vec![1.0; self.bins()] }
    }
    fn has_bands(&self) -> bool {
        true
    }
    fn kernel(&self, sample_rate_hz: u32) -> Box<dyn Kernel> {
        Box::new(LogMelKernel { mel: MelKernel::new(&self.levels.mel, sample_rate_hz), settings: self.clone() })
    }
}

struct LogMelKernel {
    mel: MelKernel,
    settings: LogMel,
}

impl Kernel for LogMelKernel {
    fn compute(&self, clip: &Input<'_>) -> Result<Frames, FeatureError> {
        let mut frames = self.mel.mel(clip.spectra());
        self.settings.levels.decibels().apply(&mut frames.data);
        self.settings.deltas.of(frames)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Feature, delta};
    use super::*;
    use crate::kind::{Context, Described};

    fn speech_and_silence() -> Vec<f32> {
        let mut samples: Vec<f32> = (0..8000).map(|i| (f64::from(i) * 0.2).sin() as f32 * 0.4).collect();
        samples.extend([0.0; 8000]);
        samples
    }

    #[test]
    fn the_floor_is_the_level_of_the_clip_s_own_silence() {
        for r#ref in [Reference::Power(1.0), Reference::Max] {
            let settings =
                LogMel { levels: crate::features::Levels { r#ref, ..Default::default() }, ..LogMel::default() };
            let frames = Feature::LogMel(settings.clone()).extract(&speech_and_silence(), 16_000).unwrap();
            let floor = settings.floor().of(&frames)[0];
            assert!((floor - frames.row(100)[28]).abs() < 1e-4, "{floor}");
        }
    }

    #[test]
    fn relative_levels_end_at_0_and_begin_at_minus_top_db() {
        let settings = LogMel {
            levels: crate::features::Levels { r#ref: Reference::Max, top_db: Some(60.0), ..Default::default() },
            ..LogMel::default()
        };
        let frames = Feature::LogMel(settings).extract(&speech_and_silence(), 16_000).unwrap();
        assert_eq!(frames.max(), 0.0);
        assert_eq!(frames.data.iter().copied().fold(0.0, f32::min), -60.0);
    }

    #[test]
    fn its_deltas_are_those_of_its_levels() {
        let levels = Feature::LogMel(LogMel::default()).extract(&speech_and_silence(), 16_000).unwrap();
        for order in [1, 2] {
            let settings = LogMel { deltas: Deltas { delta_order: order, ..Deltas::default() }, ..LogMel::default() };
            let deltas = Feature::LogMel(settings).extract(&speech_and_silence(), 16_000).unwrap();
            assert_eq!(deltas, delta(&levels, 9, order).unwrap());
        }
        let even = LogMel { deltas: Deltas { delta_width: 8, ..Deltas::default() }, ..LogMel::default() };
        let problems = even.problems(&Context::default());
        assert_eq!(problems.iter().map(|p| p.key.as_str()).collect::<Vec<_>>(), ["delta_width"]);
    }

    #[test]
    fn ref_is_read_as_the_field_writes_it() {
        let read: LogMel = toml::from_str("ref = \"max\"\ntop_db = \"none\"").unwrap();
        assert_eq!(
            read,
            LogMel {
                levels: crate::features::Levels { r#ref: Reference::Max, top_db: None, ..Default::default() },
                ..LogMel::default()
            }
        );
        assert!(toml::to_string(&read).unwrap().contains("ref = \"max\""));
    }
}
