/* What makes the employee's pages quicker; all of them work without it. */
"use strict";

/* --- Photos go up one by one while the form is being filled in, made smaller first ------------------------------- */

(() => {
  const form = document.getElementById("report");
  if (!form) return;
  const SIDE = 2048;
  const list = document.getElementById("thumbs");
  const error = document.getElementById("photo-error");
  const picker = form.querySelector("input[name=files]");
  const button = form.querySelector(".bottom button");
  const say = (words) => { error.textContent = words; error.hidden = !words; };
  let underWay = 0;
  let sendAfter = false;
  let line = Promise.resolve(); /* one after the other, as the server takes them */

  async function smaller(file) {
    try {
      const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
      const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
      if (scale === 1 && file.size < 500000) return file;
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(bitmap.width * scale);
      canvas.height = Math.round(bitmap.height * scale);
      canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      bitmap.close();
      const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
      return blob && blob.size < file.size ? blob : file;
    } catch {
      return file; /* HEIC, or a browser that cannot: the server makes it smaller */
    }
  }

  function entry() {
    const made = document.createElement("li");
    made.className = "is-waiting";
    const progress = document.createElement("progress");
    progress.max = 1;
    progress.value = 0;
    made.append(progress);
    list.append(made);
    return { made, progress };
  }

  function filled(made, answer) {
    const label = document.createElement("label");
    label.className = "thumb";
    const box = document.createElement("input");
    Object.assign(box, { type: "checkbox", name: "photo", value: answer.key, checked: true });
    box.setAttribute("aria-label", form.dataset.remove);
    const image = document.createElement("img");
    Object.assign(image, { src: answer.small, alt: "", width: 88, height: 88 });
    label.append(box, image);
    made.className = "";
    made.replaceChildren(label);
  }

  function failed(shown, words) {
    shown.made.remove();
    say(words);
    sendAfter = false; /* whoever reads this decides whether it goes without the photo */
    button.removeAttribute("aria-busy");
  }

  function send(file, name, shown) {
    return new Promise((done) => {
      const data = new FormData();
      data.append("file", file, name);
      const request = new XMLHttpRequest();
      request.open("POST", form.dataset.upload);
      request.setRequestHeader("X-CSRFToken", form.querySelector("[name=csrfmiddlewaretoken]").value);
      request.responseType = "json";
      request.upload.onprogress = (event) => { if (event.lengthComputable) shown.progress.value = event.loaded / event.total; };
      request.onloadend = () => {
        if (request.status === 201 && request.response) {
          filled(shown.made, request.response);
        } else {
          failed(shown, (request.response && request.response.why) || form.dataset.failed);
        }
        done();
      };
      request.send(data);
    });
  }

  async function take(file) {
    if (list.children.length >= Number(form.dataset.most)) return say(form.dataset.tooMany);
    const shown = entry();
    underWay += 1;
    const small = await smaller(file);
    if (small.size > Number(form.dataset.mostBytes)) {
      failed(shown, form.dataset.tooLarge);
    } else {
      line = line.then(() => send(small, file.name, shown));
      await line;
    }
    underWay -= 1;
    if (!underWay && sendAfter) form.requestSubmit();
    return undefined;
  }

  function takeChosen() {
    say("");
    const files = [...picker.files];
    picker.value = "";
    files.forEach(take);
  }
  picker.addEventListener("change", takeChosen);
  takeChosen(); /* what was chosen while this script was on its way */
  list.addEventListener("change", (event) => { if (!event.target.checked) event.target.closest("li").remove(); });
  form.addEventListener("submit", (event) => {
    if (!underWay) return;
    event.preventDefault(); /* the photos first */
    sendAfter = true;
    button.setAttribute("aria-busy", "true");
  });
})();

/* --- A form goes out once, and shows that it is on its way ---------------------------------------------------------- */

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.matches("#report, [data-once]")) return;
  if (form.dataset.sent) return void event.preventDefault();
  form.dataset.sent = "yes";
  form.querySelector("button:not([type=button])").setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
  });
});
