"use strict";
(() => {
  const figures = JSON.parse(document.getElementById("chart-data").textContent);
  const narrow = window.innerWidth < 640;
  const options = { responsive: true, displaylogo: false, showLink: false, sendData: false, scrollZoom: false, displayModeBar: narrow ? false : "hover",
    modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"] };
  for (const element of document.querySelectorAll("[data-chart]")) {
    const figure = figures[element.dataset.chart];
    if (narrow) figure.layout.dragmode = false;  // a finger on a chart scrolls the page
    Plotly.newPlot(element, figure.data, figure.layout, options);
  }
})();
