//! The two companded formats of telephone speech (ITU-T G.711), as found in WAV files of telephone corpora.

/// One mu-law byte as a 16-bit value, divided by 32768.
pub(super) fn mu_law(byte: u8) -> f32 {
    let code = !byte;
    let magnitude = ((i32::from(code & 0x0F) << 3) + 0x84) << ((code >> 4) & 7);
    let value = magnitude - 0x84;
    (if code & 0x80 == 0 { value } else { -value }) as f32 / 32768.0
}

/// One A-law byte as a 16-bit value, divided by 32768.
pub(super) fn a_law(byte: u8) -> f32 {
    let code = byte ^ 0x55;
    let mantissa = i32::from(code & 0x0F) << 4;
    let value = match (code >> 4) & 7 {
        0 => mantissa + 8,
        segment => (mantissa + 0x108) << (segment - 1),
    };
    (if code & 0x80 == 0 { -value } else { value }) as f32 / 32768.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_and_the_middle_are_those_of_the_standard() {
        assert_eq!(mu_law(0xFF) * 32768.0, 0.0);
        assert_eq!(mu_law(0x80) * 32768.0, 32124.0);
        assert_eq!(mu_law(0x00) * 32768.0, -32124.0);
        assert_eq!(a_law(0xD5) * 32768.0, 8.0);
        assert_eq!(a_law(0x55) * 32768.0, -8.0);
        assert_eq!(a_law(0xAA) * 32768.0, 32256.0);
        assert_eq!(a_law(0x2A) * 32768.0, -32256.0);
    }

    #[test]
    fn both_rise_with_their_code_and_are_odd() {
        let mu: Vec<f32> = (0x80..=0xFF).rev().map(mu_law).collect();
        let a: Vec<f32> = (0x80..=0xFF).map(|code: u8| a_law(code ^ 0x55)).collect();
        for rising in [&mu, &a] {
            assert!(rising.windows(2).all(|pair| pair[0] < pair[1]), "{rising:?}");
        }
        assert!((0..=0x7F).all(|code: u8| mu_law(code) == -mu_law(code | 0x80)));
        assert!((0..=0x7F).all(|code: u8| a_law(code) == -a_law(code | 0x80)));
    }
}
