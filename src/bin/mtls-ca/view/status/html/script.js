(function () {
  'use strict';
  var table = document.getElementById('items');
  var body = table.tBodies[0];
  var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
  var rows = Array.prototype.slice.call(body.rows);

  function value(row, column, numeric) {
    var text = row.cells[column].getAttribute('data-v');
    return numeric ? parseFloat(text) : text.toLowerCase();
  }

  function sort(column, down) {
    var numeric = heads[column].hasAttribute('data-numeric');
    rows.sort(function (left, right) {
      var a = value(left, column, numeric), b = value(right, column, numeric);
      // What has no end stands last, whichever way round.
      if (numeric && (isNaN(a) || isNaN(b))) { return isNaN(a) - isNaN(b); }
      return (a < b ? -1 : a > b ? 1 : 0) * (down ? -1 : 1);
    });
    rows.forEach(function (row) { body.appendChild(row); });
    heads.forEach(function (head, index) {
      if (index === column) {
        head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      } else {
        head.removeAttribute('aria-sort');
      }
    });
  }

  // `#sort=name` and `#sort=-name`: a link can say how the table is to be sorted.
  function obey() {
    var asked = /^#sort=(-?)([a-z]+)$/.exec(location.hash);
    if (!asked) { return; }
    heads.forEach(function (head, index) {
      if (head.getAttribute('data-key') === asked[2]) { sort(index, asked[1] === '-'); }
    });
  }

  heads.forEach(function (head, index) {
    head.firstElementChild.addEventListener('click', function () {
      var down = head.getAttribute('aria-sort') === 'ascending';
      sort(index, down);
      location.replace('#sort=' + (down ? '-' : '') + head.getAttribute('data-key'));
    });
  });

  var filter = document.getElementById('filter');
  var shown = document.getElementById('shown');
  filter.addEventListener('input', function () {
    var wanted = filter.value.toLowerCase(), count = 0;
    rows.forEach(function (row) {
      row.hidden = row.textContent.toLowerCase().indexOf(wanted) < 0;
      count += row.hidden ? 0 : 1;
    });
    shown.textContent = count + ' of ' + rows.length;
  });

  window.addEventListener('hashchange', obey);
  obey();
}());
