"""What Pulumi runs for our dynamic resources."""
