"""Who is here, what they asked, and how they come back."""
