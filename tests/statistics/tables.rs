//! Tables in Markdown, printed row by row as they come.

use super::designs::error;

/// Title, text and head of a table; the first column is words, the others are numbers.
pub fn head(title: &str, text: &str, columns: &str) {
    let numbers = "---:|".repeat(columns.matches(" | ").count());
    println!("\n## {title}\n\n{text}\n\n| {columns} |\n|---|{numbers}");
}

/// The Monte Carlo error of a share, in words.
pub fn monte_carlo(share: f64, draws: u64) -> String {
    let (percent, points) = (100.0 * share, 100.0 * error(share, draws));
    let (error, rest) =
        (format!("Monte Carlo error of {percent:.0} %: {points:.1} points with {draws} draws"), 100.0 - percent);
    format!("{error}, sqrt({percent:.0} * {rest:.0} / draws).")
}

/// Shares in per cent, with so many decimals.
pub fn percent(shares: &[f64], decimals: usize) -> String {
    shares.iter().map(|share| format!("{:.decimals$}", 100.0 * share)).collect::<Vec<String>>().join(" | ")
}
