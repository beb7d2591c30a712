"""What a session on a live feed has besides: tasks beside the loop, pauses, and a proved end."""
