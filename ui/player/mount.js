// What Streamlit calls: again whenever `data` or the theme changes, without a cleanup in between.
// So there is one Player an element, and it decides what is new. Joined with player.js.

const players = new WeakMap();

export default function mount({ data, parentElement }) {
  const root = parentElement.querySelector(".player");
  let player = players.get(parentElement);
  if (player?.root !== root) {
    player?.dispose();
    player = new Player(root);
    players.set(parentElement, player);
  }
  player.show(data);
  const mine = ++player.mounts;
  return () => {
    if (player.mounts !== mine) return; // an overtaken call must not end its successor
    players.delete(parentElement);
    player.dispose();
  };
}
