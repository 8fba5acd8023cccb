//! Tables: a heading in capitals and rows, without lines between them.

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use mtls_ca::x509::general_name::escaped;

use crate::output::Style;

/// A table with this heading. On a terminal it keeps to the terminal's width; elsewhere its rows
/// are as long as they are, so that other programs can cut them.
pub fn table<const N: usize>(heading: [&str; N], rows: impl IntoIterator<Item = [String; N]>, style: Style) -> String {
    let heading = heading.map(str::to_uppercase);
    let rows: Vec<[String; N]> = rows.into_iter().map(|row| row.map(|cell| shortened(escaped(&cell)))).collect();
    // Where each character has one column there is nothing to be worked out, and there may be many rows.
    let is_plain = rows.iter().flatten().all(|cell| cell.bytes().all(|byte| matches!(byte, b' '..=b'~')));
    match style.width {
        None if is_plain => padded(&heading, &rows),
        width => arranged(heading, rows, width),
    }
}

/// Cells under each other, two spaces between columns.
fn padded<const N: usize>(heading: &[String; N], rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in [heading].into_iter().chain(rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.len().max(*width);
        }
    }
    let mut text = String::with_capacity((widths.iter().sum::<usize>() + 2 * N) * (rows.len() + 1));
    for row in [heading].into_iter().chain(rows) {
        let mut pending = 0;
        for (width, cell) in widths.iter().zip(row) {
            if !cell.is_empty() {
                text.extend(std::iter::repeat_n(' ', pending));
                text.push_str(cell);
                pending = 0;
            }
            pending += width - cell.len() + 2;
        }
        text.truncate(text.trim_end_matches(' ').len());
        text.push('\n');
    }
    text
}

fn arranged<const N: usize>(heading: [String; N], rows: Vec<[String; N]>, width: Option<usize>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    match width.and_then(|width| u16::try_from(width).ok()) {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    table.set_header(heading);
    for row in rows {
        table.add_row(row);
    }
    // Each cell has a space on either side; the first and last of a line are nobody's.
    let line = |line: String| format!("{}\n", line.strip_prefix(' ').unwrap_or(&line).trim_end());
    table.lines().map(line).collect()
}

/// Every cell of a column is padded to the widest, so that one hostile name would widen them all.
fn shortened(mut text: String) -> String {
    const LONGEST: usize = 300;
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_make_the_same_table() {
        let heading = ["A", "LONG HEADING", "C"].map(str::to_owned);
        let rows: Vec<[String; 3]> = [
            ["x", "", ""],
            ["", "long long long value", " y "],
            ["a  b ", "", "c"],
            ["", "", ""],
            ["w", "v", &"z".repeat(299)],
        ]
        .map(|row| row.map(str::to_owned))
        .to_vec();
        for count in 0..=rows.len() {
            let some = rows.iter().take(count).cloned().collect::<Vec<_>>();
            assert_eq!(padded(&heading, &some), arranged(heading.clone(), some, None), "{count}");
        }
        let style = Style { color: false, width: None };
        let wide = table(["a", "b"], [["ö".repeat(400), "日本".to_owned()]], style);
        assert_eq!(wide.lines().next().map(str::len), Some(301 + 2 + 1), "{wide}");
        assert_eq!(table(["a"], [["b".to_owned()]], style), "A\nb\n");
    }
}
