"""What networks see of calorimeter showers and of what they are made for."""
