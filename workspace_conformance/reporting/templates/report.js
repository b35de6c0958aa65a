(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("js");
  var form = document.getElementById("filter");
  var rows = Array.prototype.slice.call(document.querySelectorAll("details.row"));
  var sections = Array.prototype.slice.call(document.querySelectorAll("div.section"));
  var words = document.getElementById("words");
  var told = document.getElementById("told");
  var texts = rows.map(function (row) { return row.textContent.toLowerCase(); });

  function apply() {
    var kinds = Array.prototype.map.call(
      form.querySelectorAll("input[type=checkbox]:checked"), function (box) { return box.value; });
    var wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    var count = 0;
    rows.forEach(function (row, at) {
      var shown = (kinds.length === 0 || kinds.indexOf(row.dataset.kind) >= 0) &&
        wanted.every(function (word) { return texts[at].indexOf(word) >= 0; });
      row.hidden = !shown;
      count += shown ? 1 : 0;
    });
    sections.forEach(function (section) {
      section.hidden = !section.querySelector("details.row:not([hidden])");
    });
    told.textContent = count + " of " + rows.length + " shown";
  }

  function reveal() {
    var id = decodeURIComponent(location.hash.slice(1));
    var row = id && document.getElementById(id);
    if (!row || !row.classList.contains("row")) { return; }
    if (row.hidden) { form.reset(); apply(); }
    row.open = true;
    row.scrollIntoView();
  }

  form.addEventListener("input", apply);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("reset", function () { setTimeout(apply); });
  window.addEventListener("hashchange", reveal);
  apply();
  reveal();

  Array.prototype.forEach.call(document.querySelectorAll("table.grid tbody"), function (body) {
    var lines = Array.prototype.slice.call(body.querySelectorAll("tr.resource"));
    var name = body.querySelector("th");
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = name.textContent;
    button.setAttribute("aria-expanded", "false");
    name.textContent = "";
    name.appendChild(button);
    lines.forEach(function (line) { line.hidden = true; });
    button.addEventListener("click", function () {
      var open = button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(open));
      lines.forEach(function (line) { line.hidden = !open; });
    });
  });

  Array.prototype.forEach.call(document.querySelectorAll("pre.curl"), function (line) {
    var button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy the curl line");
    button.addEventListener("click", function () {
      var range = document.createRange();
      range.selectNodeContents(line);
      var selection = window.getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      var done = document.execCommand("copy");
      button.textContent = done ? "Copied" : "Selected: press Ctrl+C";
    });
    line.parentNode.insertBefore(button, line.nextSibling);
  });

  var squares = Array.prototype.slice.call(document.querySelectorAll(".map .op"));
  var said = document.getElementById("told-operation");
  squares.forEach(function (square, at) {
    function tell() { said.textContent = square.getAttribute("aria-label"); }
    square.tabIndex = at === 0 ? 0 : -1;
    square.addEventListener("mouseenter", tell);
    square.addEventListener("focus", tell);
    square.addEventListener("keydown", function (event) {
      var step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      var next = event.key === "Home" ? squares[0] :
        event.key === "End" ? squares[squares.length - 1] : step && squares[at + step];
      if (!next) { return; }
      event.preventDefault();
      square.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    });
  });
})();
