"""The audio player: `player.player`."""
