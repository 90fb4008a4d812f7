"""What may go wrong on the way to disk: kills, full disks, a database that goes away."""
