/* The guided tour of the sandbox: two phones play the whole story, from what was found to what the owner gets. It presses
   what people press; nothing is done behind the pages. Started by the sandbox's button, told by its `say`. */
(() => {
  "use strict";
  const ENGLISH = document.documentElement.lang === "en";
  const SLOW = 1400, PATIENCE = 20000;
  const HOME = /^\/$/, ITEM = /^\/items\/\d+\/$/, FOUND = /^\/report\/found\/$/;
  const button = document.querySelector("[data-tour]");
  const said = document.getElementById("tour");
  if (!button) return;

  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const until = async (find) => {
    for (const end = Date.now() + PATIENCE; Date.now() < end; await pause(150)) {
      const found = find();
      if (found) return found;
    }
    throw new Error("tour");
  };
  const phone = (side) => document.getElementById(`phone-${side}`);
  const say = (chinese, english) => { said.hidden = false; said.textContent = ENGLISH ? english : chinese; return pause(SLOW); };
  const inside = (side, path, selector, words = "") => until(() => {
    const page = phone(side).querySelector("iframe").contentDocument;
    const there = page && page.readyState === "complete" && path.test(page.location.pathname.replace(/^.*\/phone\/\w+/, ""));
    return there && [...page.querySelectorAll(selector)].filter((one) => one.textContent.includes(words)).pop();
  });
  const fill = async (field, words) => {
    field.scrollIntoView({ block: "center" });
    for (let end = 1; end <= words.length; end += 1) { field.value = words.slice(0, end); await pause(35); }
  };
  const press = async (target) => {
    target.scrollIntoView({ block: "center" });
    target.classList.add("is-toured");
    await pause(SLOW / 2);
    target.click();
  };
  const owns = (side, userid) => {
    const owner = phone(side).querySelector("select.owner");
    owner.value = userid;
    owner.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const open = (side) => phone(side).querySelector("[data-open]").click();
  const close = (side) => phone(side).querySelector("[data-close]").click();
  const inChat = (side, selector, words) => until(() =>
    [...phone(side).querySelectorAll(`.chat ${selector}`)].filter((one) => one.textContent.includes(words)).pop());

  const play = async () => {
    const mark = String(Date.now()).slice(-4);
    owns("left", "lisi");
    owns("right", "zhangsan");
    await say("李四捡到一把伞，在手机上登记。", "Li Si has found an umbrella and reports it.");
    open("left");
    await press(await inside("left", HOME, "nav a[href$='/report/']"));
    await press(await inside("left", /^\/report\/$/, "main a[href$='/report/found/']"));
    await press((await inside("left", FOUND, "input[value=umbrella]")).closest("label"));
    await fill(await inside("left", FOUND, "input[name=title]"), `黑色长柄雨伞 ${mark}`);
    await fill(await inside("left", FOUND, "input[name=place]"), "二号楼食堂");
    await press(await inside("left", FOUND, "input[name=contact_channel][value=phone]"));
    await fill(await inside("left", FOUND, "input[name=contact_value]"), "13800138000");
    await press(await inside("left", FOUND, "form.report button.button"));
    await say("张三丢了伞，找到这一把，询问拾取人。", "Zhang San has lost one, finds it in the list and asks the finder.");
    close("left");
    open("right");
    await press(await inside("right", HOME, ".item", mark));
    await press(await inside("right", ITEM, ".bottom a[href$='/ask/']"));
    await fill(await inside("right", /\/ask\/$/, "textarea"), `伞柄有贴纸，尾号 ${mark}`);
    await press(await inside("right", /\/ask\/$/, "form.report button.button"));
    await say("李四的手机上来了一张卡片，看清楚会发出什么，点“确认”。", "A card comes to Li Si: it says what would be sent. He presses 确认.");
    const card = await inChat("left", ".wc-card", mark);
    await press(card.querySelector(".wc-buttons button, button.wc-button"));
    await inChat("left", ".wc-card", "已推送");
    await say("联系方式发给了张三，李四的卡片变成“已推送”，不能再点。", "The contact goes to Zhang San; the card reads 已推送 and takes no second press.");
    close("right");
    await inChat("right", "*", "13800138000");
    await say("伞回到了张三手里，李四在自己的登记上说一声。", "Zhang San has his umbrella, and Li Si says so on his report.");
    open("left");
    await press(await inside("left", HOME, "nav a[href$='/requests/']"));
    await press(await inside("left", /^\/requests\/$/, ".item", mark));
    await press(await inside("left", ITEM, "details.second summary"));
    await press(await inside("left", ITEM, "details.second form button"));
    await inside("left", ITEM, "h2 .tag");
    await say("演示结束。接下来请自己试试。", "That was the tour. Now try it yourself.");
  };

  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await play();
    } catch (error) {
      if (error.message !== "tour") throw error;
      say("这一步等了太久：后台任务在运行吗？请看右边的“线路”和“故障”。",
        "This step took too long: does the worker run? Look at the wire and the faults on the right.");
    } finally {
      button.disabled = false;
    }
  });
})();
