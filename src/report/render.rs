//! A comparison as text and as Markdown: the same parts in the same order.

use super::compare::Comparison;
use super::{Table, tables};
use crate::evaluate::{Method, Question};

/// One part of the page: its heading, a table, what must be said of the table, and lines.
#[derive(Default)]
struct Section {
    heading: String,
    table: Option<Table>,
    caption: String,
    lines: Vec<String>,
}

impl Section {
    fn text(self) -> String {
        let heading = Some(self.heading).filter(|h| !h.is_empty()).map(|h| h + "\n");
        let table = self.table.map(|t| t.text());
        let caption = Some(self.caption).filter(|c| !c.is_empty()).map(|c| c + "\n");
        let lines = self.lines.into_iter().map(|line| format!("- {line}\n"));
        [heading, table, caption].into_iter().flatten().chain(lines).collect()
    }
}

/// For a terminal.
pub(super) fn text(c: &Comparison, why: bool) -> String {
    sections(c, why).into_iter().map(|section| section.text()).collect::<Vec<_>>().join("\n")
}

/// For GitHub: blocks with an empty line between them.
pub(super) fn markdown(c: &Comparison, why: bool) -> String {
    let mut blocks = Vec::new();
    for section in sections(c, why) {
        blocks.extend(Some(section.heading).filter(|h| !h.is_empty()).map(|h| format!("**{h}**\n")));
        blocks.extend(section.table.map(|t| t.markdown()));
        blocks.extend(Some(section.caption).filter(|c| !c.is_empty()).map(|c| c + "\n"));
        let lines: String = section.lines.iter().map(|line| format!("- {line}\n")).collect();
        blocks.extend(Some(lines).filter(|l| !l.is_empty()));
    }
    blocks.join("\n")
}

/// What stands below all tables of a terminal: runs that take no part, leaks and notes.
pub(super) fn rest(c: &Comparison) -> String {
    left_out_and_notes(c).into_iter().map(|section| "\n".to_owned() + &section.text()).collect()
}

fn sections(c: &Comparison, why: bool) -> Vec<Section> {
    let mut sections = vec![Section {
        table: Some(tables::figures(&c.variants)),
        caption: tables::figures_caption(&c.variants),
        ..Section::default()
    }];
    if !c.differences.is_empty() {
        let against = c.baseline.as_deref().unwrap_or_default();
        let methods = c.differences.iter().map(|d| d.difference.method);
        let recipes = c.differences.iter().any(|d| d.difference.question == Question::Recipes);
        let of = if recipes { "the recipes trained again" } else { "these very networks" };
        let over_clips = |m: Method| matches!(m, Method::Clips | Method::NetworksAndClips);
        let on = if c.differences.iter().all(|d| over_clips(d.difference.method)) {
            "on other clips of this speaker"
        } else {
            "on other speakers"
        };
        sections.push(Section {
            heading: format!("Difference from {against}: {of}, {on}"),
            table: Some(tables::differences(c)),
            caption: tables::tests_caption(methods, c.differences.len()),
            ..Section::default()
        });
    }
    for ablation in &c.ablations {
        sections.push(Section {
            heading: format!("What each part of {} is worth: with it minus without it", ablation.full),
            table: Some(tables::parts(ablation)),
            caption: tables::tests_caption(ablation.parts.iter().map(|p| p.method), ablation.parts.len()),
            ..Section::default()
        });
    }
    if why {
        sections.push(Section {
            heading: "What makes them vary".to_owned(),
            table: Some(tables::sources(c)),
            caption: tables::SOURCES_CAPTION.to_owned(),
            ..Section::default()
        });
    }
    if !c.settings_in_brief.is_empty() {
        sections.push(Section {
            heading: "Settings that differ (in brackets what is not a kind's default)".to_owned(),
            table: Some(tables::settings(c)),
            ..Section::default()
        });
    }
    sections.extend(left_out_and_notes(c));
    sections
}

fn left_out_and_notes(c: &Comparison) -> Vec<Section> {
    let mut sections = Vec::new();
    if !c.left_out.is_empty() {
        let heading = "Not in these figures".to_owned();
        sections.push(Section { heading, table: Some(tables::left_out(c)), ..Section::default() });
    }
    let stamps = c.variants.iter().flat_map(|v| v.stamps.iter().map(move |s| format!("{}: {s}", v.label)));
    let lines: Vec<String> = stamps.chain(c.notes.iter().cloned()).collect();
    if !lines.is_empty() {
        sections.push(Section { heading: "Notes".to_owned(), lines, ..Section::default() });
    }
    sections
}
