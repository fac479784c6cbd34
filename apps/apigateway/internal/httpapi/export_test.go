package httpapi

import "net/http"

// Handler is everything between the connection and the answer.
func (s *Server) Handler() http.Handler { return s.http.Handler }
