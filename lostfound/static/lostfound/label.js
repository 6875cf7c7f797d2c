// The label prints without scripts too; with them, a button does it.
const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => window.print());
