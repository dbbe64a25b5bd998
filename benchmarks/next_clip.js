// Runs before the page: notes when a key went down, and when sound of another clip came after it.
// "playing" is the browser's word that it sounds; "moves", that its position has left the start.

(() => {
  const taken = { playing: [], moves: [] };
  let pressed = null; // {at, after: the address that sounded before}
  let last = "";

  addEventListener(
    "keydown",
    (event) => {
      if (!event.repeat) pressed = { at: event.timeStamp, after: last };
    },
    { capture: true },
  );

  function watch(audio) {
    audio.addEventListener("playing", () => {
      const began = pressed;
      if (!began || audio.src === began.after) return;
      pressed = null;
      last = audio.src;
      taken.playing.push(performance.now() - began.at);
      const from = audio.currentTime;
      const look = () => {
        if (audio.currentTime > from) taken.moves.push(performance.now() - began.at);
        else requestAnimationFrame(look);
      };
      look();
    });
  }

  const known = new WeakSet();
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () {
    if (!known.has(this)) watch(this);
    known.add(this);
    return play.call(this);
  };
  window.nextClip = taken;
})();
