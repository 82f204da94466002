"""What a person does about what is sent: destinations paused, resumed, tried out; deliveries sent again."""
