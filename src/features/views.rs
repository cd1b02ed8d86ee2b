//! How often a test row is looked at, and how.

use super::placement::Share;
use crate::kind::{Context, Problem};

crate::settings! {
    /// Test-time augmentation: each test row is looked at once a view, and the mean of its probabilities is the answer (Krizhevsky et
    /// al. 2012). Nothing is drawn; training and the choice of an epoch know nothing of it.
    pub struct Views {
        /// Factors by which the time of all features is stretched, by interpolation between frames: above 1 slower, 1 as it is.
        pub stretch: Vec<f64> = vec![1.0], in 0.5..=2.0;
        /// Windows of a clip that is longer than the input, evenly placed from its start to its end; a single one is what
        /// `length.crop` keeps.
        pub crops: usize = 1, in 1..=100;
    }
    check: Views::check;
}

/// One way of looking at a clip.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// The factor by which time is stretched.
    pub stretch: f64,
    /// The window of a longer clip; none for the one that `length.crop` keeps.
    pub window: Option<Share>,
}

impl View {
    /// Whether the clip is seen as it is anywhere else.
    pub fn is_plain(&self) -> bool {
        self.stretch == 1.0 && self.window.is_none()
    }
}

impl Views {
    fn check(&self, _: &Context) -> Vec<Problem> {
        let message = "the list is empty; give factors, such as [0.9, 1, 1.1], or leave it out";
        self.stretch.is_empty().then(|| Problem::new("stretch", message)).into_iter().collect()
    }

    /// The views, stretch by stretch, window by window.
    pub fn all(&self) -> Vec<View> {
        let of = self.crops;
        let windows = |nth| (of > 1).then_some(Share::Window { nth, of });
        let views = |stretch: &f64| {
            let stretch = *stretch;
            (0..of).map(move |nth| View { stretch, window: windows(nth) })
        };
        self.stretch.iter().flat_map(views).collect()
    }

    /// The setting that asks for more than a look at the clip as it is, by name.
    pub fn asked_for(&self) -> Option<&'static str> {
        let others = [("views.stretch", self.stretch != [1.0]), ("views.crops", self.crops > 1)];
        others.into_iter().find_map(|(name, is_other)| is_other.then_some(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_view_a_factor_and_window_and_by_default_a_plain_one() {
        let all = Views::default().all();
        assert!(matches!(all[..], [view] if view.is_plain()));
        assert_eq!(Views::default().asked_for(), None);
        let views = Views { stretch: vec![0.9, 1.0], crops: 3 };
        assert_eq!((views.all().len(), views.asked_for()), (6, Some("views.stretch")));
        assert_eq!(views.all()[4], View { stretch: 1.0, window: Some(Share::Window { nth: 1, of: 3 }) });
        assert!(views.all().iter().all(|view| !view.is_plain()));
    }
}
