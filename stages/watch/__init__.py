"""Shows how far the jobs of a run are; it reads what they tell, and changes nothing."""
