"""Under /accounts/."""

from __future__ import annotations

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("login/", views.LogIn.as_view(), name="login"),
    path("logout/", views.LogOut.as_view(), name="logout"),
    path("invitation/<str:token>/", views.invitation, name="invitation"),
    path("me/", views.account, name="account"),
    path("me/password/", views.ChangePassword.as_view(), name="password"),
    path("me/delete/", views.delete_account, name="withdraw"),
]
