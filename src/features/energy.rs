//! Short-time energy, linear or in decibels.

use super::decibel::{Decibels, Reference};
use super::extract::{Compute, Input, Kernel, checked};
use super::floor::Floor;
use super::framing::{Framing, sums_of_squares};
use super::{FeatureError, Frames};

crate::choices! {
    /// What a frame's sum of squares is divided by.
    pub enum EnergyScale {
        /// By frame_length: mean power, independent of the frame length.
        "mean" => Mean,
        /// By nothing: the plain sum.
        "sum" => Sum,
    }
}

crate::settings! {
    /// Energy of each frame, sum(x^2) / frame_length; with `log` 10 log10 of it, in dB. Together with the zero-crossing rate
    /// the usual input of small 1D networks.
    pub struct Energy {
        include pub framing: Framing;
        /// "mean" divides by frame_length, "sum" does not.
        pub scale: EnergyScale = EnergyScale::Mean;
        /// Decibels instead of power: 10 log10(max(amin, energy)).
        pub log: bool = false;
        /// With `log`: the smallest energy told from silence.
        pub amin: f64 = 1e-10, in 1e-30..=1.0;
        /// With `log`: values lie at most this far below the clip's loudest frame, in dB; "none" for no such limit.
        pub top_db: Option<f64> = Some(80.0), in 0.0..;
    }
    check: checked;
}

impl Energy {
    fn decibels(&self) -> Decibels {
        Decibels { reference: Reference::Power(1.0), amin: self.amin, top_db: self.top_db }
    }
}

impl Compute for Energy {
    fn framing(&self) -> Framing {
        self.framing
    }
    fn floor(&self) -> Floor {
        if self.log { Floor::Level(self.decibels().level()) } else { Floor::zero(1) }
    }
    fn gain_of_level(&self) -> Vec<f32> {
        if self.log { vec![1.0] } else { Vec::new() }
    }
    fn kernel(&self, _sample_rate_hz: u32) -> Box<dyn Kernel> {
        Box::new(self.clone())
    }
}

impl Kernel for Energy {
    fn compute(&self, clip: &Input<'_>) -> Result<Frames, FeatureError> {
        let divisor = match self.scale {
            EnergyScale::Mean => self.framing.frame_length as f64,
            EnergyScale::Sum => 1.0,
        };
        let sums = sums_of_squares(clip.samples, &self.framing());
        let mut data: Vec<f32> = sums.into_iter().map(|sum| (sum / divisor) as f32).collect();
        if self.log {
            self.decibels().apply(&mut data);
        }
        Ok(Frames::one_bin(data))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Feature;
    use super::*;

    fn energy(settings: Energy, samples: &[f32]) -> Vec<f32> {
        Feature::Energy(settings).extract(samples, 16_000).unwrap().data
    }

    fn small() -> Energy {
        Energy {
            framing: crate::features::Framing {
                frame_length: 32,
                hop_length: 16,
                center: false,
                ..Energy::default().framing
            },
            ..Energy::default()
        }
    }

    #[test]
    fn energy_is_the_mean_square_and_grows_with_the_square_of_the_amplitude() {
        assert_eq!(energy(small(), &[0.5; 64]), [0.25; 3]);
        assert_eq!(energy(Energy { scale: EnergyScale::Sum, ..small() }, &[0.5; 64]), [8.0; 3]);
        let samples: Vec<f32> = (0..100).map(|i| ((i * 37) % 19) as f32 / 19.0 - 0.5).collect();
        let louder: Vec<f32> = samples.iter().map(|x| 2.0 * x).collect();
        for (quiet, loud) in energy(small(), &samples).iter().zip(energy(small(), &louder)) {
            assert!((loud - 4.0 * quiet).abs() <= 1e-6 * loud);
        }
    }

    #[test]
    fn without_centring_there_are_fewer_frames() {
        let plain = Feature::Energy(Energy {
            framing: crate::features::Framing { center: false, ..Energy::default().framing },
            ..Energy::default()
        });
        assert_eq!((plain.frames(16_000), Feature::Energy(Energy::default()).frames(16_000)), (Some(28), Some(32)));
    }

    #[test]
    fn log_energy_is_in_decibels_with_its_floor() {
        let mut samples = vec![0.1; 64];
        samples.extend([0.0; 64]);
        let log = Energy { log: true, ..small() };
        let values = energy(log.clone(), &samples);
        assert!((values[0] + 20.0).abs() < 1e-4 && (values[6] + 100.0).abs() < 1e-4, "{values:?}");
        let frames = Frames::one_bin(values.clone());
        assert!((log.floor().of(&frames)[0] - values[6]).abs() < 1e-5);
        let loud: Vec<f32> = samples.iter().map(|x| 100.0 * x).collect();
        assert!((energy(log, &loud)[6] + 60.0).abs() < 1e-4, "80 dB below 20 dB");
    }
}
