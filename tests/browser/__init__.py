"""What people see, in the browsers that they use."""
