// Seconds and shares, as the player shows them. Joined in front of player.js.

export function percent(part, whole) {
  return `${whole ? Math.min((part / whole) * 100, 100) : 0}%`;
}

function bufferedEnd({ buffered, currentTime }) {
  for (let i = 0; i < buffered.length; i += 1) {
    if (buffered.start(i) <= currentTime && currentTime <= buffered.end(i)) return buffered.end(i);
  }
  return 0;
}

const WORD_S = 10; // clips of single words end within a second: whole seconds would say 0:00

/** 75 -> "1:15", 3675 -> "1:01:15"; within a clip of a few seconds 0.92 -> "0:00.9" */
export function clock(seconds, duration) {
  if (0 < duration && duration < WORD_S) return `0:0${(Math.floor(seconds * 10) / 10).toFixed(1)}`;
  const whole = Math.floor(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}
