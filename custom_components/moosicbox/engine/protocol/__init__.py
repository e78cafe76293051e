"""What goes over the wire: message models, errors, close codes and the JSON codec."""
