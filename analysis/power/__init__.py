"""Power: what the plan can find with so many people, and what it would say, simulated on counts."""
