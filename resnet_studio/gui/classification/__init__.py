"""The *Classification* panel: many pictures as a table of what the network says of each."""
