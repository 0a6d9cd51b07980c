"use strict";
(() => {
  const figures = JSON.parse(document.getElementById("chart-data").textContent);
  const narrow = window.innerWidth < 640;
  // buttons are listed one by one: by default there is one that offers to upload the chart
  const options = {
    responsive: true,
    displaylogo: false,
    displayModeBar: narrow ? false : "hover",
    modeBarButtons: [["toImage", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]],
    plotlyServerURL: "",
  };
  for (const element of document.querySelectorAll("[data-chart]")) {
    const figure = figures[element.dataset.chart];
    if (narrow) {
      figure.layout.dragmode = false;  // a finger on a chart scrolls the page
      const entries = figure.data.filter((trace) => trace.showlegend !== false).length;
      const room = element.classList.contains("tall") ? 400 : 300;
      element.style.height = `${room + 20 * entries}px`;  // the legend takes a line an entry, not room of the chart
    }
    Plotly.newPlot(element, figure.data, figure.layout, options);
  }
})();
