//! Tables: a heading in capitals and rows, without lines between them.

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use mtls_ca::x509::general_name::escaped;

use crate::output::Style;

/// A table with this heading. On a terminal it keeps to the terminal's width; elsewhere its rows
/// are as long as they are, so that other programs can cut them.
pub fn table<const N: usize>(heading: [&str; N], rows: impl IntoIterator<Item = [String; N]>, style: Style) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    match style.width.and_then(|width| u16::try_from(width).ok()) {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    table.set_header(heading.map(str::to_uppercase));
    for row in rows {
        table.add_row(row.map(|cell| shortened(&escaped(&cell))));
    }
    // Each cell has a space on either side; the first and last of a line are nobody's.
    let line = |line: String| format!("{}\n", line.strip_prefix(' ').unwrap_or(&line).trim_end());
    table.lines().map(line).collect()
}

/// Every cell of a column is padded to the widest, so that one hostile name would widen them all.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 300;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.split_at(end).0),
        None => text.to_owned(),
    }
}
