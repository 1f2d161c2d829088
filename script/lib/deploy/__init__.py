"""What script/deploy-test tries."""
