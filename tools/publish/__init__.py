"""What is made of the course for readers: pages, slides, a site, and parts of the documents."""
