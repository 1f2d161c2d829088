"""What script/chaos breaks."""
